"""The command ``assay``."""

from __future__ import annotations

from assay.client.cli.main import main

__all__ = ["main"]
