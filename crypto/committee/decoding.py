"""From shares to values: what counts as decided, and who sent a wrong share.

A value is decided when at least ``2t + 1`` of the received shares lie on one polynomial of degree at most
t. There is then exactly one such polynomial (see `reed_solomon`), so the outcome does not depend on which
shares came first. Too few that agree is an ordinary result, `Undecided`, and no exception: members send
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from assay.crypto.committee.reed_solomon import interpolate_at, lagrange, outliers, point
from assay.crypto.committee.subsets import quorum
from assay.crypto.presets import threshold
from assay.crypto.ring import Ring
from assay.crypto.ring.tables import U64

Value = TypeVar("Value")


@dataclass(frozen=True)
class Decoded(Generic[Value]):
    """A value and the members, ascending, whose share was wrong."""

    value: Value
    wrong: tuple[int, ...]


@dataclass(frozen=True)
class Undecided:
    """No decision yet: of ``received`` shares fewer than ``needed`` agree."""

    received: int
    needed: int


@dataclass(frozen=True)
class Disagreement:
    """All shares are there and contradict each other; who is wrong cannot be told from them alone."""


def decode_integer(n: int, ring: Ring, shares: Mapping[int, int]) -> Decoded[int] | Undecided:
    """Decode an integer modulo Q that was shared with degree t.

    Parameters
    ----------
    n : int
        Committee size.
    ring : Ring
        Ring of ciphertexts; Q is its modulus.
    shares : mapping of int to int
        Received shares by member, each in ``[0, Q)``.

    Returns
    -------
    Decoded or Undecided
        Value in ``[0, Q)``.
    """
    _check_members(n, shares)
    undecided = Undecided(len(shares), quorum(n))
    wrong: set[int] = set()
    for prime in ring.primes:  # Q is composite: decode modulo each prime, keep who agrees modulo all
        found = outliers({member: share % prime for member, share in shares.items()}, threshold(n), prime)
        if found is None:
            return undecided
        wrong.update(found)
    agreeing = sorted(set(shares) - wrong)
    if len(agreeing) < quorum(n):
        return undecided
    base = {member: shares[member] for member in agreeing[: threshold(n) + 1]}
    return Decoded(interpolate_at(base, 0, ring.modulus), tuple(sorted(wrong)))


def share_at(ring: Ring, shares: Mapping[int, int], member: int) -> int:
    """Return a member's share of an integer, given the shares of t + 1 members that agree.

    Parameters
    ----------
    ring : Ring
        Ring of ciphertexts.
    shares : mapping of int to int
        Exactly t + 1 shares by member, each in ``[0, Q)``.
    member : int
        Number of the member whose share is wanted.
    """
    return interpolate_at(dict(sorted(shares.items())), point(member), ring.modulus)


def decode_polynomial(n: int, ring: Ring, shares: Mapping[int, U64]) -> Decoded[U64] | Undecided:
    """Decode a polynomial that was shared with degree t, residue by residue.

    A member's share counts as a whole: one wrong residue makes it wrong.

    Parameters
    ----------
    n : int
        Committee size.
    ring : Ring
        Ring of the shares, any number of primes.
    shares : mapping of int to uint64 array
        Received shares by member, shape (P, N), canonical residues.

    Returns
    -------
    Decoded or Undecided
        Value as residues, shape (P, N).
    """
    _check_members(n, shares)
    agreeing, degree = sorted(shares), threshold(n)
    while len(agreeing) >= quorum(n):
        place = _contradiction(agreeing, ring, shares, degree)
        if place is None:
            wrong = tuple(sorted(set(shares) - set(agreeing)))
            return Decoded(_interpolate(agreeing[: degree + 1], 0, ring, shares), wrong)
        prime, index = place
        column = {member: int(shares[member][prime, index]) for member in agreeing}
        found = outliers(column, degree, ring.primes[prime])
        if found is None:
            break
        agreeing = [member for member in agreeing if member not in found]
    return Undecided(len(shares), quorum(n))


def decode_all(n: int, ring: Ring, shares: Mapping[int, U64]) -> Decoded[U64] | Undecided | Disagreement:
    """Decode a polynomial that was shared with degree 2t, which takes every member's share.

    With ``3t + 1`` points and degree 2t up to t wrong shares are always noticed, but not located.
    """
    _check_members(n, shares)
    if len(shares) < n:
        return Undecided(len(shares), n)
    members, degree = sorted(shares), 2 * threshold(n)
    if _contradiction(members, ring, shares, degree) is not None:
        return Disagreement()
    return Decoded(_interpolate(members[: degree + 1], 0, ring, shares), ())


def _check_members(n: int, shares: Mapping[int, object]) -> None:
    if any(not 0 <= member < n for member in shares):
        raise ValueError(
            f"shares of members {sorted(shares)} in a committee of {n}; members are numbered from 0"
        )


def _interpolate(members: Sequence[int], at: int, ring: Ring, shares: Mapping[int, U64]) -> U64:
    weights = lagrange(tuple(members), at, ring.modulus)
    return ring.linear_combination(weights, (shares[member] for member in members))


def _contradiction(
    members: Sequence[int], ring: Ring, shares: Mapping[int, U64], degree: int
) -> tuple[int, int] | None:
    """Return prime and index of a residue where the shares lie on no one polynomial, if there is one."""
    base, rest = members[: degree + 1], members[degree + 1 :]
    for member in rest:
        expected = _interpolate(base, point(member), ring, shares)
        places = np.argwhere(expected != shares[member])
        if len(places):
            return int(places[0][0]), int(places[0][1])
    return None
