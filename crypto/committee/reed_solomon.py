"""Reed-Solomon decoding over a prime field: find the polynomial most members agree on, and who disagrees.

Member ``i`` holds the value of a polynomial at the point ``i + 1``. With ``n = 3t + 1`` members and a
polynomial of degree at most t, any ``2t + 1`` values that lie on one polynomial determine it, however many
others are missing or wrong: two such sets share at least ``t + 1`` members. The decoder is Gao's ("A new
algorithm for decoding Reed-Solomon codes", 2003): interpolate all received values, then run the extended
Euclidean algorithm half way.

A polynomial is a list of coefficients modulo the prime, lowest first, without trailing zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

Polynomial = list[int]


def point(member: int) -> int:
    """Return the evaluation point of a member: its number plus one, so that 0 is nobody's."""
    return member + 1


@lru_cache(maxsize=4096)
def lagrange(members: tuple[int, ...], at: int, modulus: int) -> tuple[int, ...]:
    """Return the weights with which the values of ``members`` give the polynomial's value at ``at``.

    ``modulus`` may be composite: differences of points are below 11 and so invertible modulo every prime in
    use.
    """
    weights = []
    for i in members:
        weight = 1
        for j in members:
            if j != i:
                weight = weight * (at - point(j)) * pow(point(i) - point(j), -1, modulus) % modulus
        weights.append(weight)
    return tuple(weights)


def interpolate_at(values: Mapping[int, int], at: int, modulus: int) -> int:
    """Return the value at ``at`` of the polynomial through ``values`` (member -> value)."""
    members = tuple(values)
    weights = lagrange(members, at, modulus)
    return sum(weight * values[member] for weight, member in zip(weights, members, strict=True)) % modulus


def outliers(values: Mapping[int, int], degree: int, prime: int) -> tuple[int, ...] | None:
    """Return the members whose value is not on the polynomial that the others share.

    Parameters
    ----------
    values
        Received values by member, in any order; each in ``[0, prime)``.
    degree
        Greatest degree of the polynomial.
    prime
        Prime modulus, greater than every point.

    Returns
    -------
    tuple of int or None
        Ascending members that disagree; None if no polynomial of that degree is within half the distance of
        the code, that is if more than ``(len(values) - degree - 1) / 2`` values would have to be wrong.
    """
    members = tuple(sorted(values))
    if len(members) <= degree:
        return None
    base = {member: values[member] for member in members[: degree + 1]}
    rest = members[degree + 1 :]
    if all(interpolate_at(base, point(member), prime) == values[member] for member in rest):
        return ()
    found = _gao(members, values, degree, prime)
    if found is None:
        return None
    wrong = tuple(m for m in members if _evaluate(found, point(m), prime) != values[m])
    return wrong if 2 * len(wrong) <= len(members) - degree - 1 else None


def _gao(members: tuple[int, ...], values: Mapping[int, int], degree: int, prime: int) -> Polynomial | None:
    """Return the message polynomial by Gao's algorithm, or None if the division leaves a remainder."""
    root_product, received = _interpolate(members, values, prime)
    r0, r1 = root_product, received
    v0: Polynomial = []
    v1: Polynomial = [1]
    while 2 * len(r1) > len(members) + degree + 1:  # deg r1 >= (length + dimension) / 2
        quotient, remainder = _divide(r0, r1, prime)
        r0, r1 = r1, remainder
        v0, v1 = v1, _subtract(v0, _multiply(quotient, v1, prime), prime)
    message, remainder = _divide(r1, v1, prime)
    return None if remainder or len(message) > degree + 1 else message


def _interpolate(
    members: tuple[int, ...], values: Mapping[int, int], prime: int
) -> tuple[Polynomial, Polynomial]:
    """Return the product of ``x - point`` and the polynomial through all values (Newton's form)."""
    product: Polynomial = [1]
    through: Polynomial = []
    for member in members:
        x = point(member)
        gap = (values[member] - _evaluate(through, x, prime)) % prime
        step = gap * pow(_evaluate(product, x, prime), -1, prime) % prime
        through = _subtract(through, [-step * c for c in product], prime)
        product = _multiply(product, [-x % prime, 1], prime)
    return product, through


def _evaluate(polynomial: Polynomial, x: int, prime: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * x + coefficient) % prime
    return value


def _trim(polynomial: Polynomial) -> Polynomial:
    while polynomial and polynomial[-1] == 0:
        polynomial.pop()
    return polynomial


def _subtract(a: Polynomial, b: Polynomial, prime: int) -> Polynomial:
    size = max(len(a), len(b))
    padded_a, padded_b = a + [0] * (size - len(a)), b + [0] * (size - len(b))
    return _trim([(x - y) % prime for x, y in zip(padded_a, padded_b, strict=True)])


def _multiply(a: Polynomial, b: Polynomial, prime: int) -> Polynomial:
    product = [0] * max(0, len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] = (product[i + j] + x * y) % prime
    return _trim(product)


def _divide(a: Polynomial, b: Polynomial, prime: int) -> tuple[Polynomial, Polynomial]:
    """Return quotient and remainder of ``a`` by ``b``, which is not zero."""
    remainder, quotient = list(a), [0] * max(0, len(a) - len(b) + 1)
    inverse = pow(b[-1], -1, prime)
    for shift in range(len(a) - len(b), -1, -1):
        factor = remainder[shift + len(b) - 1] * inverse % prime
        quotient[shift] = factor
        for i, coefficient in enumerate(b):
            remainder[shift + i] = (remainder[shift + i] - factor * coefficient) % prime
    return _trim(quotient), _trim(remainder)
