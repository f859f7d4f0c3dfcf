"""Snapshots of a node: taken beside the blocks, kept on disk, offered to peers."""
