"""The root of a tree of which one knows all records up to some place, and what lies beside the way to it.

Records come in the order of their keys' hashes. After each, all that matters of those before is the hashes
of the subtrees to the left of its path. Together with those to the right they give the root, so a run of
records is proven to be complete, from the tree's left edge to its last record, by the siblings on the right
of one path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from assay.state.rules.ics23 import EMPTY, bit, common_bits, inner_hash, leaf_hash
from assay.state.snapshots.errors import BadChunk
from assay.state.snapshots.format import Record, RecordChunk


@dataclass(slots=True)
class Frontier:
    """What is known of the records so far.

    Attributes
    ----------
    key_hash, leaf
        Of the last record: the hash of its key and that of its leaf. Empty before the first.
    least
        The depth at which its leaf stands, unless its right neighbour makes it stand deeper.
    left
        Depth and hash of the subtrees on the left of its path, from the root down.
    """

    key_hash: bytes = b""
    leaf: bytes = b""
    least: int = 0
    left: list[tuple[int, bytes]] = field(default_factory=list)

    def after(self, records: Sequence[Record]) -> Frontier:
        """Return the frontier after further records; this one stays as it is.

        Raises
        ------
        BadChunk
            If they are not in the order of their keys' hashes.
        """
        further = replace(self, left=list(self.left))
        for key, value in records:
            key_hash = sha256(key).digest()
            further.add(key_hash, leaf_hash(key_hash, value))
        return further

    def root(self, depth: int, siblings: Sequence[bytes]) -> bytes:
        """Return the root, given what lies right of the last record's path.

        Parameters
        ----------
        depth
            Length of the path.
        siblings
            The hashes on its right, from the root down.

        Raises
        ------
        BadChunk
            If no path of this length can have these siblings.
        """
        bits = [bit(self.key_hash, level) for level in range(depth)]
        if depth < self.least or len(siblings) != bits.count(0):
            raise BadChunk("the path of the chunk's last record has a wrong length")
        further = replace(self, left=list(self.left))
        return further.close(depth, 0, list(siblings))

    def add(self, key_hash: bytes, leaf: bytes) -> None:
        """Move on to the next record; see `after`."""
        if self.leaf:
            if key_hash <= self.key_hash:
                raise BadChunk("records are not in the order of their keys' hashes")
            below = common_bits(self.key_hash, key_hash) + 1
            node = self.close(max(self.least, below), below, [])
            self.left.append((below - 1, node))
            self.least = below
        self.key_hash, self.leaf = key_hash, leaf

    def close(self, depth: int, top: int, right: list[bytes]) -> bytes:
        """Return the node at depth `top` on the last record's path; use up its siblings on both sides."""
        node = self.leaf
        for level in range(depth - 1, top - 1, -1):
            if not bit(self.key_hash, level):
                node = inner_hash(node, right.pop() if right else EMPTY)
            elif self.left and self.left[-1][0] == level:
                node = inner_hash(self.left.pop()[1], node)
            else:
                node = inner_hash(EMPTY, node)
        return node


def check(frontier: Frontier, chunk: RecordChunk, root: bytes, *, last: bool) -> Frontier:
    """Check that a chunk's records are those that follow; return the frontier after them.

    Parameters
    ----------
    frontier
        After the chunks before.
    chunk
        Untrusted, in its right form.
    root
        Root hash of the state.
    last
        Whether no record may follow.

    Raises
    ------
    BadChunk
        If a record is missing, added, moved or changed.
    """
    further = frontier.after(chunk.records)
    if further.root(chunk.depth, chunk.siblings) != root:
        raise BadChunk("the chunk's records do not lead to the app hash")
    if last != all(sibling == EMPTY for sibling in chunk.siblings):
        raise BadChunk("records are missing after this chunk" if last else "no record follows this chunk")
    return further
