"""The hash tree over a release share."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.committee import merkle

LEAVES = st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=40)


@given(leaves=LEAVES, data=st.data())
def test_every_leaf_leads_to_the_root_from_its_own_place_only(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = merkle.path(leaves, index), merkle.root(leaves)
    assert len(path) == 32 * merkle.depth(len(leaves))
    assert merkle.root_of(leaves[index], index, path) == root
    other = data.draw(st.integers(0, (1 << merkle.depth(len(leaves))) - 1))
    if other != index and leaves.count(leaves[index]) == 1:
        assert merkle.root_of(leaves[index], other, path) != root
    changed = bytes([leaves[index][0] ^ 1]) + leaves[index][1:]
    assert merkle.root_of(changed, index, path) != root


@pytest.mark.parametrize(("count", "depth"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (2047, 11), (4095, 12)])
def test_the_depth_is_that_of_a_perfect_tree(count: int, depth: int) -> None:
    assert merkle.depth(count) == depth


def test_the_root_of_three_leaves_by_hand() -> None:
    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    a, b, c, empty = (sha(b"\x00" + leaf) for leaf in (b"a" * 16, b"b" * 16, b"c" * 16, b""))
    expected = sha(b"\x01" + sha(b"\x01" + a + b) + sha(b"\x01" + c + empty))
    assert merkle.root([b"a" * 16, b"b" * 16, b"c" * 16]) == expected


def test_an_inner_node_is_no_leaf() -> None:
    leaves = [bytes([number]) * 16 for number in range(4)]
    inner = merkle.levels(leaves)[1]
    assert merkle.root(leaves) != merkle.root([inner[0], inner[1]])
