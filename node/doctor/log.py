"""What CometBFT's log says since the node was started last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.node.doctor.findings import Finding, good, wrong
from assay.node.home import Home

_TAIL_BYTES: Final = 1 << 20
_START: Final = b"Starting Node service"
_SYMPTOMS: Final = (
    (
        b"wrong Block.Header.AppHash",
        "this node has computed another app hash than the others",
        "install the chain's program, `assayd rollback`, start; docs/backup.md",
    ),
    (
        b"conflicting vote from ourselves",
        "another process signs with this validator's key",
        "stop one of the two at once: signing a height twice costs stake",
    ),
    (
        b"no space left on device",
        "the disk was full",
        "free some room and start again; `assayd verify` says whether the store is whole",
    ),
    (
        b"failed to create node: error with private validator socket client",
        "the remote signer did not come",
        "start the signer; is priv_validator_laddr the address it dials?",
    ),
)


def symptoms(home: Home) -> Iterator[Finding]:
    """Look for messages that have one cause and one remedy."""
    try:
        with home.cometbft_log.open("rb") as file:
            file.seek(max(0, home.cometbft_log.stat().st_size - _TAIL_BYTES))
            text = file.read()
    except FileNotFoundError:
        return
    latest = text[max(0, text.rfind(_START)) :]
    found = [(what, remedy) for sign, what, remedy in _SYMPTOMS if sign in latest]
    for what, remedy in found:
        yield wrong("log", f"{what}, says {home.cometbft_log}", remedy)
    if not found:
        yield good("log", "CometBFT's has no message that is known to need an operator")
