"""Every key of the store, in one place.

A record's key is one table byte followed by fixed-width parts, integers big
endian, so that byte order is the order of iteration: rounds by id, a round's
contributions by sender, openings by id, deadlines by height.
"""

from __future__ import annotations

from typing import Final

ADDRESS_BYTES: Final = 20
DIGEST_BYTES: Final = 32

ACCOUNT: Final = b"a"
CONTRIBUTION: Final = b"c"
DEADLINE: Final = b"d"
DECIDED: Final = b"j"
FAULT: Final = b"f"
KEY: Final = b"k"
MASK: Final = b"h"
MODEL: Final = b"m"
OPENING: Final = b"o"
ROUND: Final = b"r"
SLOT: Final = b"s"
SUSPENSION: Final = b"u"

PARAMS: Final = b"P"
COUNTERS: Final = b"N"
SUPPLY: Final = b"S"
COMMITTEE: Final = b"C"
KEY_POOL: Final = b"K"
VALIDATOR_SETS: Final = b"V"

# What a deadline belongs to.
DEADLINE_KEY: Final = b"k"
DEADLINE_ROUND: Final = b"r"


def _u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def account(address: bytes) -> bytes:
    """Key of an account's record; `address` has 20 bytes."""
    return ACCOUNT + address


def model(model_id: bytes) -> bytes:
    """Key of a model's record; `model_id` has 32 bytes."""
    return MODEL + model_id


def round_(round_id: int) -> bytes:
    """Key of a round's record."""
    return ROUND + _u64(round_id)


def contributions(round_id: int) -> bytes:
    """Prefix of a round's contributions."""
    return CONTRIBUTION + _u64(round_id)


def contribution(round_id: int, sender: bytes) -> bytes:
    """Key of one sender's contribution to a round."""
    return contributions(round_id) + sender


def committee_key(key_id: int) -> bytes:
    """Key of a committee key's record."""
    return KEY + _u64(key_id)


def opening(opening_id: int) -> bytes:
    """Key of an opening's record."""
    return OPENING + _u64(opening_id)


def decided(opening_id: int) -> bytes:
    """Key of what is remembered of a decided opening."""
    return DECIDED + _u64(opening_id)


def parse_decided(key: bytes) -> int:
    """Return the opening to which the key of a decision belongs."""
    return int.from_bytes(key[1:9], "big")


def masks(key_id: int) -> bytes:
    """Prefix of the masks a committee key has used."""
    return MASK + _u64(key_id)


def mask(key_id: int, name: bytes) -> bytes:
    """Key of one mask: `name` is the digest of c1, or a coin's number in 8 bytes."""
    return masks(key_id) + name


def parse_mask(key: bytes) -> int:
    """Return the committee key to which the key of a mask belongs."""
    return int.from_bytes(key[1:9], "big")


def slots(key_id: int) -> bytes:
    """Prefix of the committee messages that arrived for a key."""
    return SLOT + _u64(key_id)


def phase_slots(key_id: int, phase: int) -> bytes:
    """Prefix of the messages of one phase."""
    return slots(key_id) + bytes((phase,))


def slot(key_id: int, phase: int, member: int, number: int) -> bytes:
    """Key of one committee message that arrived."""
    return phase_slots(key_id, phase) + bytes((member,)) + _u64(number)


def parse_slot(key: bytes) -> tuple[int, int]:
    """Split the key of a committee message into member and number."""
    return key[10], int.from_bytes(key[11:19], "big")


def faults(validator: bytes) -> bytes:
    """Prefix of what a validator did wrong; `validator` has 20 bytes."""
    return FAULT + validator


def key_faults(validator: bytes, key_id: int) -> bytes:
    """Prefix of what a validator did wrong as a member of one committee key."""
    return faults(validator) + _u64(key_id)


def fault(validator: bytes, key_id: int, kind: int) -> bytes:
    """Key of one fault: once for each validator, committee key and kind."""
    return key_faults(validator, key_id) + bytes((kind,))


def suspension(validator: bytes) -> bytes:
    """Key of the suspension of a validator's seat."""
    return SUSPENSION + validator


def deadlines(height: int) -> bytes:
    """Prefix of what is due at a height."""
    return DEADLINE + _u64(height)


def deadline(height: int, kind: bytes, ident: int) -> bytes:
    """Key of one entry of the schedule: `kind` is one of the DEADLINE_ bytes."""
    return deadlines(height) + kind + _u64(ident)


def parse_deadline(key: bytes) -> tuple[int, bytes, int]:
    """Split a schedule key into height, kind and id."""
    return int.from_bytes(key[1:9], "big"), key[9:10], int.from_bytes(key[10:18], "big")


# Bulk bytes lie beside the tree in scopes, so that all of a round's, or of a
# key's, are dropped together.

_RELEASE: Final = b"x"


def round_scope(round_id: int) -> bytes:
    """Scope of a round's payloads."""
    return ROUND + _u64(round_id)


def release_scope(round_id: int) -> bytes:
    """Scope of a round's sealed release shares and summed ciphertexts."""
    return _RELEASE + _u64(round_id)


def key_scope(key_id: int) -> bytes:
    """Scope of a committee key's parts."""
    return KEY + _u64(key_id)


_MODULE: Final = b"assay/module"

FEE_COLLECTOR: Final = _MODULE + _u64(0)
"""Account that gathers fees. No key signs for it."""


def escrow(round_id: int) -> bytes:
    """Return the address of a round's own escrow account. No key signs for it. Round ids begin at 1."""
    return _MODULE + _u64(round_id)


def is_module(address: bytes) -> bool:
    """Tell whether an address belongs to the chain itself.

    Such addresses are recognised, not listed, so that nobody can send tokens to the escrow of a round that
    does not exist yet. Finding a key for one of them takes 2^160 hashes, as for any other address.
    """
    return address.startswith(_MODULE)
