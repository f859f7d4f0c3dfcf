"""Every reason to refuse, with its stable code.

One class a reason. A ``(codespace, code)`` pair never changes its meaning and
is never reused; the sentence that goes with it may. Only the pair reaches
consensus; the sentence goes into a response's ``log``, which is not hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class AssayError(Exception):
    """A transaction or query was refused.

    Attributes
    ----------
    codespace
        The part of the rules that refused.
    code
        Positive number, stable within the codespace.
    """

    codespace: ClassVar[str] = ""
    code: ClassVar[int] = 0


def all_errors() -> Iterator[type[AssayError]]:
    """Yield every class that carries a code, ordered by codespace and code."""
    found: list[type[AssayError]] = []
    stack: list[type[AssayError]] = [AssayError]
    while stack:
        cls = stack.pop()
        stack.extend(cls.__subclasses__())
        if cls.code:
            found.append(cls)
    yield from sorted(found, key=lambda cls: (cls.codespace, cls.code))
