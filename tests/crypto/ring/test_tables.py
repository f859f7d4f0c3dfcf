"""Roots of unity and constants of a prime."""

from __future__ import annotations

import pytest

from assay.crypto.errors import PresetError
from assay.crypto.presets import PRESETS
from assay.crypto.ring.tables import bit_reverse, minimal_root, tables


@pytest.mark.parametrize(("q", "order"), [(17, 8), (97, 32), (193, 64), (12289, 64)])
def test_root_is_the_least_of_its_order(q: int, order: int) -> None:
    primitive = [x for x in range(1, q) if pow(x, order, q) == 1 and pow(x, order // 2, q) != 1]
    assert minimal_root(q, order) == min(primitive)


def test_a_prime_without_such_a_root_is_refused() -> None:
    with pytest.raises(PresetError, match="must be 1 modulo 64"):
        minimal_root(97, 64)


def test_bit_reversal() -> None:
    assert [bit_reverse(i, 3) for i in range(8)] == [0, 4, 2, 6, 1, 5, 3, 7]
    assert bit_reverse(0, 0) == 0


def test_constants_of_the_presets() -> None:
    for preset in PRESETS:
        t = tables(preset.degree, preset.primes)
        for p, q in enumerate(preset.primes):
            assert int(t.degree_inverse[p]) * preset.degree % q == 1
            assert int(t.word[p]) == 2**64 % q
            assert int(t.roots[p, 1]) ** 2 % q == q - 1  # psi^(N/2) is a square root of -1
            assert all(
                int(t.roots[p, i]) * int(t.inverses[p, i]) % q == 1 for i in (1, 2, 3, preset.degree - 1)
            )


def test_tables_cannot_be_written() -> None:
    t = tables(8, PRESETS[0].primes)
    with pytest.raises(ValueError, match="read-only"):
        t.roots[0, 0] = 0
