"""What work costs, in gas.

One unit is about a microsecond of one core on commodity hardware, rounded to
figures that can be remembered. The cost of a transaction follows from its
bytes alone, so it is known before anything is executed and never depends on
caches or on the state of the node.
"""

from __future__ import annotations

from typing import Final

from assay.crypto.presets import Preset
from assay.state.rules.scalars import SHARE_BYTES

TRANSACTION: Final = 100
"""Decoding, sequence and fee."""
SIGNATURE: Final = 60
BYTE: Final = 1
READ: Final = 10
WRITE: Final = 40
"""A changed record: its tree pages, hashing, and its place in the batch."""
STORED_BYTE: Final = 10
"""A byte that stays in the state for good: every node keeps it from now on, every snapshot carries it."""
ROUND_BYTES: Final = 900
"""A round's record with its key in the store, at most about."""
CONTRIBUTION_BYTES: Final = 500
MEMBER_BYTES: Final = 600
"""What the record of a committee's key holds of each member."""
WITHDRAW_ADDRESS_BYTES: Final = 50
VALIDATOR_BYTES: Final = 300
"""A validator's record with its places in the store, its description not counted, at most about."""
HASHED_KIB: Final = 4
PRODUCT: Final = 4_000
"""A homomorphic multiplication with relinearisation."""
LENGTH_CHECK: Final = 400
"""A product with a public polynomial, of which a submission needs eight."""
PROOF: Final = 2_000
"""Verifying what a proof says of one ciphertext."""


def store_cost(reads: int, writes: int) -> int:
    """Return the gas of reading and writing that many records."""
    return reads * READ + writes * WRITE


def stored_cost(size: int) -> int:
    """Return the gas of keeping `size` bytes for good."""
    return size * STORED_BYTE


def key_cost(preset: Preset, members: int) -> int:
    """Return the gas of the committee's key that a round uses up.

    Its members' shares of both parts are committee messages, which pay no fee of their own: of the public
    key one polynomial for each prime of a ciphertext, of the relinearisation key two for each prime there is.
    """
    polynomials = len(preset.cipher_primes) + 2 * len(preset.primes)
    return members * (polynomials * preset.degree * 8 * BYTE + stored_cost(MEMBER_BYTES))


def release_cost(preset: Preset, members: int, ciphertexts: int) -> int:
    """Return the gas of the members' sealed shares of a released sum, committee messages as well."""
    return members * ciphertexts * preset.capacity * SHARE_BYTES * BYTE


def submission_cost(ciphertexts: int) -> int:
    """Return the gas of checking and scoring one payload of that many ciphertexts."""
    products = 3  # norm, alignment, aggregate
    return ciphertexts * (PROOF + products * PRODUCT + 8 * LENGTH_CHECK)


def envelope_cost(size: int) -> int:
    """Return the gas of a transaction of `size` bytes before its messages."""
    return TRANSACTION + SIGNATURE + store_cost(1, 1) + size * BYTE


def least_fee(gas_limit: int, gas_price: int) -> int:
    """Return the least fee in uasy; `gas_price` is in uasy per 1000 gas, rounded up."""
    return -(-gas_limit * gas_price // 1000)
