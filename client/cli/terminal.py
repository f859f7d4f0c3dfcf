"""What strangers wrote, made safe to print: names and sentences from the chain may hold anything.

An escape character in a model's name would otherwise move the cursor, change the window's title or hide the
line above, in the terminal of everybody who lists models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# Control characters but tab and newline, and those that turn the direction of writing around.
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHOWN: Final = "\ufffd"


def printable(text: str) -> str:
    """Return a text in which characters that would steer the terminal are shown as U+FFFD."""
    return _UNSAFE.sub(_SHOWN, text)


class SafeConsole(Console):
    """A console that prints text, whatever is in it, as text; styles are added after that."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as usual, each piece of text made printable."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)
