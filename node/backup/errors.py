"""What can go wrong with a backup."""

from __future__ import annotations


class BackupError(Exception):
    """A backup cannot be made or is not what it should be; the text says what to do."""
