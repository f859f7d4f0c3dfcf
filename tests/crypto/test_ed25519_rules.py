"""The known answers on borderline signatures, made again from first principles."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest

from assay.crypto import accounts
from assay.crypto.ed25519_rules import CASES, SignatureRulesDiffer, check_rules

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    k = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P)
    return x % P, y % P


def times(n: int, point: Point) -> Point:
    total = IDENTITY
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def with_y(y: int) -> Point | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return None if (x * x - square) % P else (x, y)


def encoded(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


@cache
def base() -> Point:
    point = with_y(4 * pow(5, P - 2, P) % P)
    assert point is not None
    return point if point[0] % 2 == 0 else (P - point[0], point[1])


@cache
def point_of_order_8() -> Point:
    for y in range(2, 100):
        point = with_y(y)
        if point is not None and times(4, times(L, point)) != IDENTITY:
            return times(L, point)
    raise AssertionError("one of the first points has a part of order 8")


def hashed(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


@cache
def made_again() -> dict[str, tuple[bytes, bytes, bytes]]:
    secret, nonce = hashed(b"assay edge secret"), hashed(b"assay edge nonce")
    public, r, torsion = times(secret, base()), times(nonce, base()), point_of_order_8()
    cases: dict[str, tuple[bytes, bytes, bytes]] = {}

    def case(name: str, key: Point, point: Point, n: int, message: bytes = b"assay", plus: int = 0) -> None:
        challenge = hashed(encoded(point), encoded(key), message)
        s = (n + challenge * secret * (key != torsion)) % L + plus
        cases[name] = (encoded(key), message, encoded(point) + s.to_bytes(32, "little"))

    case("ordinary", public, r, nonce)
    case("S not reduced", public, r, nonce, plus=L)
    case("R plus a point of order 8", public, add(r, torsion), nonce)
    case("public key plus a point of order 8", add(public, torsion), r, nonce)
    case("public key of order 8, equation holds", torsion, r, nonce, b"assay2")
    case("R of order 8", public, torsion, 0)
    case("R the identity, equation holds", public, IDENTITY, 0)
    return cases


def test_the_vectors_are_what_they_say() -> None:
    assert made_again() == {case.name: (case.public_key, case.message, case.signature) for case in CASES}


def holds(case: tuple[bytes, bytes, bytes], cofactor: int) -> bool:
    """Check ``S B = R + h A``, times the cofactor, with no other rule."""
    key, message, signature = case
    challenge = hashed(signature[:32], key, message)
    points = {encoded(point): point for point in known_points()}
    left = times(int.from_bytes(signature[32:], "little"), base())
    right = add(points[signature[:32]], times(challenge, points[key]))
    return times(cofactor, left) == times(cofactor, right)


@cache
def known_points() -> list[Point]:
    public = times(hashed(b"assay edge secret"), base())
    r, torsion = times(hashed(b"assay edge nonce"), base()), point_of_order_8()
    return [public, r, torsion, IDENTITY, add(public, torsion), add(r, torsion)]


def test_the_cases_tell_the_rules_apart() -> None:
    cases = made_again()
    for name in ("R plus a point of order 8", "public key plus a point of order 8", "R of order 8"):
        assert (holds(cases[name], 1), holds(cases[name], 8)) == (False, True), name
    for name in ("S not reduced", "public key of order 8, equation holds", "R the identity, equation holds"):
        assert holds(cases[name], 1), name


def test_the_library_here_follows_the_chain_s_rules() -> None:
    check_rules()


@pytest.mark.parametrize("answer", [True, False])
def test_a_library_with_other_rules_is_refused(answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "verify", lambda *_: answer)
    with pytest.raises(SignatureRulesDiffer, match="PyNaCl"):
        check_rules()
