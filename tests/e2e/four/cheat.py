"""`assayd` of a member that cheats: the real node, whose computation of some shares is another here.

    cheat.py KIND FILE assayd-arguments…

It cheats while FILE exists. KIND is "score", "public_key" or "relin".
"""

import sys
from pathlib import Path
from typing import Any

from assay.crypto.committee.member import Member
from assay.node.cli import main


def cheat(kind: str, file: Path) -> None:
    """Replace one kind of share by another of the same form, whose lowest bit is the other one."""
    honest = getattr(Member, f"{kind}_share")

    def share(self: Member, *args: Any, **kwargs: Any) -> bytes:
        right: bytes = honest(self, *args, **kwargs)
        return bytes([right[0] ^ 1]) + right[1:] if file.exists() else right

    setattr(Member, f"{kind}_share", share)


if __name__ == "__main__":
    _, chosen, switch, *arguments = sys.argv
    cheat(chosen, Path(switch))
    sys.argv = ["assayd", *arguments]
    main()
