"""Versions this node reports."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

VERSION: Final = version("assay")
APP_VERSION: Final = 1
"""Version of the state machine; it changes with every rule that reaches the app hash."""
