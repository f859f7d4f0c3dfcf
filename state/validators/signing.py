"""How consensus keys have signed, and which of them never may again."""

from __future__ import annotations

from assay.proto.staking_pb2 import SigningInfo
from assay.state.overlay import Overlay
from assay.state.rules import keys


def load(view: Overlay, address: bytes) -> SigningInfo:
    """Return how the key of a consensus address has signed; one that never did has an empty record."""
    return view.load(SigningInfo, keys.signing_info(address)) or SigningInfo(address=address)


def save(view: Overlay, info: SigningInfo) -> None:
    """Write how a key has signed."""
    view.save(keys.signing_info(info.address), info)


def is_tombstoned(view: Overlay, address: bytes) -> bool:
    """Tell whether a key has signed two blocks at one height."""
    return load(view, address).tombstoned


def forget(view: Overlay, address: bytes) -> None:
    """Drop the record of a key that is no validator's any more; a tombstone stays."""
    if not is_tombstoned(view, address):
        view.delete(keys.signing_info(address))
