"""What was found about one subject, in words."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    """How bad a finding is; only `WRONG` makes the command fail."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's.

    Attributes
    ----------
    level
        How bad it is.
    subject
        A word or two.
    text
        What was found; a sentence without its final stop.
    remedy
        What to do next; empty if there is nothing to do.
    """

    level: Level
    subject: str
    text: str
    remedy: str = ""


def good(subject: str, text: str) -> Finding:
    """Return a finding with which all is well."""
    return Finding(Level.OK, subject, text)


def note(subject: str, text: str, remedy: str) -> Finding:
    """Return something to think about."""
    return Finding(Level.NOTE, subject, text, remedy)


def wrong(subject: str, text: str, remedy: str) -> Finding:
    """Return something that has to be mended."""
    return Finding(Level.WRONG, subject, text, remedy)
