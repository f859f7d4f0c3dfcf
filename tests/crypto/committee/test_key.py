"""Domains of hashes: different purposes, keys and parts never meet."""

from __future__ import annotations

from itertools import combinations

import pytest

from assay.crypto.committee.key import CommitteeKey
from assay.crypto.presets import SMALL, STANDARD, PresetError


def test_no_two_domains_are_prefixes_of_one_another() -> None:
    keys = [
        CommitteeKey("a", 1, SMALL, 4),
        CommitteeKey("ab", 1, SMALL, 4),
        CommitteeKey("a", 2, SMALL, 4),
        CommitteeKey("a", 1, STANDARD, 4),
        CommitteeKey("a", 1, SMALL, 7),
    ]
    domains = [key.domain(tag) for key in keys for tag in ("x", "xy", "x/v1")]
    for first, second in combinations(domains, 2):
        assert not first.startswith(second)
        assert not second.startswith(first)


def test_hashed_parts_keep_their_borders() -> None:
    key = CommitteeKey("a", 1, SMALL, 4)
    hashes = {
        key.hash("x", b"ab", b"c"),
        key.hash("x", b"a", b"bc"),
        key.hash("x", b"abc"),
        key.hash("y", b"abc"),
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("chain_id", ["", "x" * 256])
def test_chain_ids_that_do_not_fit_are_refused(chain_id: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 bytes"):
        CommitteeKey(chain_id, 1, SMALL, 1)


def test_key_ids_and_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="below 2\\^64"):
        CommitteeKey("a", 1 << 64, SMALL, 1)
    with pytest.raises(PresetError):
        CommitteeKey("a", 1, SMALL, 5)
