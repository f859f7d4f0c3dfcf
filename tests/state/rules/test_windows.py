"""Least windows."""

from __future__ import annotations

import pytest

from assay.state.rules import windows
from assay.state.rules.params import BadParams, default_params, validate_params


def test_the_reveal_window_is_three_times_the_halves_of_blocks_needed() -> None:
    params = default_params()
    assert windows.least_reveal_window(params, 1, 1) == 3
    assert windows.least_reveal_window(params, 4, 1_000_000) == 3
    assert windows.least_reveal_window(params, 5, 1_000_000) == 6
    assert windows.least_reveal_window(params, 64, 262_152) == 3 * 5


def test_the_scoring_window_counts_work_shares_and_answers_of_every_stage() -> None:
    params = default_params()
    params.scoring_block_work = 512
    # Coin 1 + 2; lengths 1 + 1 + 2; three products 1 + 1 + 2 each; all twice.
    assert windows.least_scoring_window(params, 4, 1) == 2 * (3 + 4 + 3 * 4)
    # 64 contributors, two ciphertexts: 1,024 units and 512 shares of lengths, 1,024 units of each product.
    assert windows.least_scoring_window(params, 64, 2) == 2 * (3 + (2 + 3 + 2) + 3 * (2 + 1 + 2))


def test_a_ceremony_has_three_times_the_blocks_its_longest_phase_needs() -> None:
    params = default_params()
    # Ten members, six polynomials of 65,536 bytes each, two keys: 7.9 MB, at 2 MB a block.
    assert windows.least_ceremony_window(params) == 3 * 4
    params.ceremony_window = 12
    validate_params(params)
    params.ceremony_window = 11
    with pytest.raises(BadParams, match="it must be 12 or more"):
        validate_params(params)
    params.committee_block_bytes = 8 << 20
    validate_params(params)


def test_windows_grow_with_the_round() -> None:
    params = default_params()
    sizes = [windows.least_scoring_window(params, n, k) for n in (1, 8, 64) for k in (1, 2, 16)]
    assert sizes[0] == min(sizes)
    assert sizes[-1] == max(sizes)
