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

VALIDATOR: Final = b"v"
CONSENSUS_ADDRESS: Final = b"y"
POWER: Final = b"w"
VALIDATOR_QUEUE: Final = b"q"
DELEGATION: Final = b"e"
DELEGATOR: Final = b"t"
UNBONDING: Final = b"b"
UNBONDING_BY: Final = b"i"
UNBONDING_FROM: Final = b"g"
REDELEGATION: Final = b"l"
REDELEGATION_BY: Final = b"n"
REDELEGATION_FROM: Final = b"p"
REWARDS: Final = b"x"
WITHDRAW_ADDRESS: Final = b"z"
SIGNING_INFO: Final = b"1"
SLASH: Final = b"2"
UPGRADE_SIGNAL: Final = b"3"

PARAMS: Final = b"P"
COUNTERS: Final = b"N"
SUPPLY: Final = b"S"
KEY_POOL: Final = b"K"
VALIDATOR_SETS: Final = b"V"
COMMUNITY_POOL: Final = b"U"
SLASH_QUEUE: Final = b"Q"
STAKE_CHANGED: Final = b"T"
"""Stands only while a block is executed, if the order of the validators may have changed in it."""

# What a deadline belongs to.
DEADLINE_KEY: Final = b"k"
DEADLINE_ROUND: Final = b"r"
DEADLINE_UNBONDING: Final = b"u"
DEADLINE_REDELEGATION: Final = b"v"


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


# --- staking: operators and delegators are accounts of 20 bytes -----------------


def validator(operator: bytes) -> bytes:
    """Key of a validator's record."""
    return VALIDATOR + operator


def consensus_address(address: bytes) -> bytes:
    """Key under which the operator of a consensus key's address stands."""
    return CONSENSUS_ADDRESS + address


def power(tokens: int, operator: bytes) -> bytes:
    """Key of a validator's place in the order by stake: most tokens first, then by operator."""
    return POWER + _u64((1 << 64) - 1 - tokens) + operator


def parse_power(key: bytes) -> bytes:
    """Return the operator to whom a place in the order by stake belongs."""
    return key[9:29]


def validator_queue(height: int, operator: bytes = b"") -> bytes:
    """Key of a validator that becomes unbonded at a height; without operator the prefix of all of them."""
    return VALIDATOR_QUEUE + _u64(height) + operator


def parse_validator_queue(key: bytes) -> tuple[int, bytes]:
    """Return the height and the operator of a validator that waits to become unbonded."""
    return int.from_bytes(key[1:9], "big"), key[9:]


def delegations(delegator: bytes) -> bytes:
    """Prefix of what one account has delegated."""
    return DELEGATION + delegator


def delegation(delegator: bytes, operator: bytes) -> bytes:
    """Key of a delegation."""
    return delegations(delegator) + operator


def delegators(operator: bytes, delegator: bytes = b"") -> bytes:
    """Key that says who has delegated to a validator; without delegator the prefix of all of them."""
    return DELEGATOR + operator + delegator


def unbonding(entry_id: int) -> bytes:
    """Key of stake on its way out."""
    return UNBONDING + _u64(entry_id)


def unbondings_by(delegator: bytes, operator: bytes = b"") -> bytes:
    """Prefix of the ids of what one account takes out, from one validator or from all."""
    return UNBONDING_BY + delegator + operator


def unbonding_by(delegator: bytes, operator: bytes, entry_id: int) -> bytes:
    """Key of one of these ids."""
    return unbondings_by(delegator, operator) + _u64(entry_id)


def unbonding_from(operator: bytes, entry_id: int | None = None) -> bytes:
    """Key of the id of stake that leaves a validator; without id the prefix of all of them."""
    return UNBONDING_FROM + operator + (b"" if entry_id is None else _u64(entry_id))


def redelegation(entry_id: int) -> bytes:
    """Key of stake that has moved and still answers for its first validator."""
    return REDELEGATION + _u64(entry_id)


def redelegations_by(delegator: bytes, target: bytes = b"") -> bytes:
    """Prefix of the ids of what one account has moved, to one validator or to all."""
    return REDELEGATION_BY + delegator + target


def redelegation_by(delegator: bytes, target: bytes, source: bytes, entry_id: int) -> bytes:
    """Key of one of these ids."""
    return redelegations_by(delegator, target) + source + _u64(entry_id)


def redelegation_from(source: bytes, entry_id: int | None = None) -> bytes:
    """Key of the id of stake that has left a validator for another; without id the prefix of all of them."""
    return REDELEGATION_FROM + source + (b"" if entry_id is None else _u64(entry_id))


def parse_entry(key: bytes) -> int:
    """Return the id at the end of a key that lists unbonding or redelegation entries."""
    return int.from_bytes(key[-8:], "big")


def rewards(operator: bytes) -> bytes:
    """Key of a validator's rewards."""
    return REWARDS + operator


def withdraw_address(delegator: bytes) -> bytes:
    """Key of the address that is paid a delegator's rewards."""
    return WITHDRAW_ADDRESS + delegator


def signing_info(address: bytes) -> bytes:
    """Key of how a consensus key has signed."""
    return SIGNING_INFO + address


def slashes(operator: bytes) -> bytes:
    """Prefix of what was taken from a validator."""
    return SLASH + operator


def slash(operator: bytes, slash_id: int) -> bytes:
    """Key of one slash."""
    return slashes(operator) + _u64(slash_id)


def upgrade_signal(operator: bytes) -> bytes:
    """Key of what a validator wants the chain to become."""
    return UPGRADE_SIGNAL + operator


# --- the schedule --------------------------------------------------------------


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
BONDED_POOL: Final = _MODULE + _u64((1 << 64) - 1)
"""Stake of the validators in the set. Rounds never get that many."""
NOT_BONDED_POOL: Final = _MODULE + _u64((1 << 64) - 2)
"""Stake of other validators, and all that is on its way out."""
DISTRIBUTION: Final = _MODULE + _u64((1 << 64) - 3)
"""Rewards nobody has withdrawn, and the community pool."""


def escrow(round_id: int) -> bytes:
    """Return the address of a round's own escrow account. No key signs for it. Round ids begin at 1."""
    return _MODULE + _u64(round_id)


def is_module(address: bytes) -> bool:
    """Tell whether an address belongs to the chain itself.

    Such addresses are recognised, not listed, so that nobody can send tokens to the escrow of a round that
    does not exist yet. Finding a key for one of them takes 2^160 hashes, as for any other address.
    """
    return address.startswith(_MODULE)
