"""A whole state in chunks, each of which can be checked by itself: docs/snapshots.md describes the format."""
