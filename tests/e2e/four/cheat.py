"""`assayd` of a member that cheats: the real node, whose computation of some shares is another here.

    cheat.py KIND FILE assayd-arguments…

It cheats while FILE exists. KIND is "score", "public_key", or "relin".
"""

import sys
from collections.abc import Callable
from pathlib import Path

from assay.crypto.ckks.payload import U64
from assay.crypto.committee.member import Member
from assay.crypto.committee.score import MaskKind
from assay.node.cli import main

_score_share, _public_key_share, _relin_share = (
    Member.score_share,
    Member.public_key_share,
    Member.relin_share,
)


def one_more(share: bytes) -> bytes:
    """Another number, or polynomial, of the same form: its lowest bit is the other one."""
    return bytes([share[0] ^ 1]) + share[1:]


def cheat(kind: str, active: Callable[[], bool]) -> None:
    """Replace one kind of share."""

    def score(self: Member, c1: U64, mask: MaskKind) -> bytes:
        share = _score_share(self, c1, mask)
        return one_more(share) if active() else share

    def public_key(self: Member, prime: int) -> bytes:
        share = _public_key_share(self, prime)
        return one_more(share) if active() else share

    def relin(self: Member, component: int, prime: int) -> bytes:
        share = _relin_share(self, component, prime)
        return one_more(share) if active() else share

    replaced = {"score": score, "public_key": public_key, "relin": relin}[kind]
    setattr(Member, f"{kind}_share", replaced)


if __name__ == "__main__":
    _, chosen, file, *arguments = sys.argv
    cheat(chosen, Path(file).exists)
    sys.argv = ["assayd", *arguments]
    main()
