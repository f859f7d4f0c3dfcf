"""The header one trusts, and the newest that was followed from it, kept in the client's home."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from assay.client.home import Home, HomeError
from assay.client.light.errors import BadTrust, HeaderInvalid
from assay.client.light.header import LightBlock
from assay.client.light.parse import light_block
from assay.client.light.verify import check_block

_DIRECTORY: Final = "trust"
_VERSION: Final = 1
_HASH_DIGITS: Final = 64


class Trust(NamedTuple):
    """A header that somebody vouches for.

    Attributes
    ----------
    height
        Its height.
    hash
        Its hash, 32 bytes.
    """

    height: int
    hash: bytes

    def __str__(self) -> str:
        """Return it as ``--trust`` takes it."""
        return f"{self.height}:{self.hash.hex().upper()}"


def parse_trust(text: str) -> Trust:
    """Return what ``HEIGHT:HASH`` names.

    Raises
    ------
    BadTrust
        With a sentence.
    """
    height, _, digits = text.partition(":")
    try:
        if len(digits) != _HASH_DIGITS or not (height.isascii() and height.isdigit()) or not int(height):
            raise ValueError("of another form")
        return Trust(int(height), bytes.fromhex(digits))
    except ValueError:
        raise BadTrust(
            f"{text!r} names no header to trust; expected HEIGHT:HASH, a number, a colon and 64 hexadecimal "
            "digits, as `assay query header` shows it"
        ) from None


class Kept(NamedTuple):
    """A light block as the node sent it, so that it can be read and checked again."""

    signed_header: Any
    validators: list[Any]

    def block(self) -> LightBlock:
        """Return it parsed."""
        return light_block(self.signed_header, self.validators)


class TrustStore:
    """The newest verified block of each header that was ever given to trust."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def load(self, trust: Trust) -> Kept | None:
        """Return the newest block followed from a trusted header, None if there is none yet.

        Raises
        ------
        HomeError
            If its file is damaged.
        """
        document = self._home.read_json(_DIRECTORY, _name(trust))
        if document is None:
            return None
        try:
            if document["version"] != _VERSION:
                raise ValueError("of another version")
            kept = Kept(document["signed_header"], document["validators"])
            block = kept.block()
            check_block(block, block.header.chain_id)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, HeaderInvalid):
            raise HomeError(
                f"{self._home.path / _DIRECTORY / _name(trust)} is damaged; remove it, and the client "
                f"follows the chain from header {trust.height} again"
            ) from None
        return kept

    def save(self, trust: Trust, kept: Kept) -> None:
        """Keep a block that was verified."""
        document = {
            "version": _VERSION,
            "trust": str(trust),
            "signed_header": kept.signed_header,
            "validators": kept.validators,
        }
        self._home.write_json(_DIRECTORY, _name(trust), document)


def _name(trust: Trust) -> str:
    return f"{trust.height}-{trust.hash.hex()}.json"
