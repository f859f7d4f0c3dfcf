"""Which borderline Ed25519 signatures are valid here, as known answers.

RFC 8032 leaves open whether the verification equation is taken times the
cofactor 8; libraries, and versions of libsodium, differ. All nodes of a chain
must agree, so a node compares its library with these answers and refuses to
start where one differs. The chain's rules, those of the libsodium that PyNaCl
brings: S reduced, public key and R neither of small order nor encoded in a
second way, and the equation without the cofactor.

The vectors were made from ``a = SHA-512("assay edge secret")``,
``r = SHA-512("assay edge nonce")`` (both modulo the group's order) and a point
T of order 8; tests/crypto/test_ed25519_rules.py makes them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.crypto import accounts

_A: Final = "0ff9762a4ffc9f7f55d0728971d1e8cd8b18b3d65f428f6222a4ec13b4915610"
_R: Final = "643c11af0603b08fc707023f598b68577fd1a87d60672880a0826b0d697ffae3"
_T: Final = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"


class SignatureRulesDiffer(Exception):
    """The Ed25519 library at hand judges a borderline signature differently from the chain."""


@dataclass(frozen=True)
class Case:
    """One signature and whether it is valid."""

    name: str
    public_key: bytes
    message: bytes
    signature: bytes
    valid: bool


def _case(name: str, public_key: str, message: bytes, r: str, s: str, valid: bool) -> Case:
    return Case(name, bytes.fromhex(public_key), message, bytes.fromhex(r + s), valid)


CASES: Final = (
    _case(
        "ordinary", _A, b"assay", _R,
        "0b5d88cc1afc90bf98efe72ba6f10ad56f5f46cf5e7087d43a56b4f33d949501", True,
    ),
    _case(
        "S not reduced", _A, b"assay", _R,
        "f8307e29355fa3176f8cdfce84ebe9e96f5f46cf5e7087d43a56b4f33d949511", False,
    ),
    _case(
        "R plus a point of order 8", _A, b"assay",
        "7917121d834c9108b5d01f6c74d42b5a71bcad08fcf3032c922064f24fc3dd90",
        "389c7b949e714905b6b6324e7ec9848209cac3e1bdc2798a9a2562c844bfec04", False,
    ),
    _case(
        "public key plus a point of order 8",
        "3e9e0ba7fa5a101a69a07c6dde7fef9be6d3ba3b94b4f2e0605ebe7e3800b347", b"assay", _R,
        "5f3658dfdc20e26efd00923ca995c7c1a72dd3c55b42a8806e2199a810e4c70b", False,
    ),
    _case(
        "public key of order 8, equation holds", _T, b"assay2", _R,
        "0aeb43ede92c6ad9488b63a5932ac6c7b8d89dbf8fa92614e3cb894afe416a0e", False,
    ),
    _case(
        "R of order 8", _A, b"assay", _T,
        "ddd1268a40fee0641fd6b2572991722d00e8886f4b92f237b90befd0e307560b", False,
    ),
    _case(
        "R the identity, equation holds", _A, b"assay", "01" + 31 * "00",
        "2b0d77f4fe578a0851f034cbb127dfbd3358105371787301cb26018cc44ae202", False,
    ),
)  # fmt: skip


def check_rules() -> None:
    """Compare the library at hand with the chain's known answers.

    Raises
    ------
    SignatureRulesDiffer
        If one signature is judged differently.
    """
    for case in CASES:
        if accounts.verify(case.public_key, case.message, case.signature) is not case.valid:
            raise SignatureRulesDiffer(
                f"the Ed25519 library judges the signature '{case.name}' differently from the chain "
                f"({'valid' if case.valid else 'invalid'} there); a node that ran with it could leave "
                "the chain. Install the PyNaCl wheel named in constraints.txt, with the libsodium it brings"
            )
