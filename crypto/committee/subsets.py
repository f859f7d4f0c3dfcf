"""Who holds which seed: the t-subsets of a committee, in one fixed order.

A committee has ``n = 3t + 1`` members, numbered from 0. For every t-subset B there is one seed, held by the
``2t + 1`` members *outside* B (replicated secret sharing; Cramer, Damgard, Ishai, "Share conversion,
pseudorandom secret-sharing and applications to secure computation", TCC 2005). The lowest-numbered holder
deals it. Subsets are numbered in lexicographic order; a committee of one has the empty subset alone, hence
one seed.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

from assay.crypto.presets import threshold


def quorum(n: int) -> int:
    """Return ``2t + 1``: how many shares must lie on one polynomial before a value is accepted."""
    return 2 * threshold(n) + 1


@cache
def subsets(n: int) -> tuple[tuple[int, ...], ...]:
    """Return every t-subset of ``range(n)`` in lexicographic order; seed k belongs to ``subsets(n)[k]``."""
    return tuple(combinations(range(n), threshold(n)))


@cache
def holders(n: int, seed: int) -> tuple[int, ...]:
    """Return the members that hold seed number ``seed``, ascending: those outside its subset."""
    outside = subsets(n)[seed]
    return tuple(member for member in range(n) if member not in outside)


def dealer(n: int, seed: int) -> int:
    """Return the member that draws and seals seed number ``seed``: its lowest-numbered holder."""
    return holders(n, seed)[0]


@cache
def held(n: int, member: int) -> tuple[int, ...]:
    """Return the numbers of the C(n-1, t) seeds that ``member`` holds, ascending."""
    check_member(n, member)
    return tuple(seed for seed, subset in enumerate(subsets(n)) if member not in subset)


@cache
def dealt(n: int, member: int) -> tuple[int, ...]:
    """Return the numbers of the seeds that ``member`` deals, ascending; empty for members above t."""
    check_member(n, member)
    return tuple(seed for seed in held(n, member) if dealer(n, seed) == member)


def openers(n: int) -> int:
    """Return ``t + 1``: any so many members together hold every seed."""
    return threshold(n) + 1


def check_member(n: int, member: int) -> None:
    """Raise ``ValueError`` unless ``member`` is one of ``range(n)`` and ``n`` a committee size."""
    threshold(n)
    if not 0 <= member < n:
        raise ValueError(f"a committee of {n} has members 0 to {n - 1}, not {member}")
