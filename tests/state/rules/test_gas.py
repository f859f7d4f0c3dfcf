"""What is kept for good, and what a round uses up, is paid for."""

from __future__ import annotations

import pytest
from tests.state.chain import Chain, random_payload, small_model

from assay.crypto.committee.subsets import dealt
from assay.crypto.presets import SMALL, STANDARD
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import CommitteeSeat, Contribution, Key, KeyMember, Round
from assay.proto.tx_pb2 import MsgCommit, MsgPostModel
from assay.state.ceremony import slots
from assay.state.handlers import HANDLERS
from assay.state.handlers.payload_cost import payload_cost
from assay.state.rules import gas
from assay.state.rules.params import BOUNDS, default_params

_U32, _U64 = 2**32 - 1, 2**64 - 1


def cost(kind: str, message: object) -> int:
    return HANDLERS[kind].cost(message, default_params())


def test_a_model_pays_for_every_byte_that_is_kept() -> None:
    short, long = small_model(), small_model()
    long.terms = "x" * 4000
    growth = long.ByteSize() - short.ByteSize()
    more = cost("post_model", MsgPostModel(model=long)) - cost("post_model", MsgPostModel(model=short))
    assert more == growth * gas.STORED_BYTE


def test_a_commitment_pays_for_the_record_that_stays() -> None:
    assert cost("commit", MsgCommit()) >= gas.CONTRIBUTION_BYTES * gas.STORED_BYTE


@pytest.mark.parametrize("size", [1, 4, 7, 10])
def test_a_round_pays_for_the_messages_its_key_took(size: int) -> None:
    chain = Chain(seats=size, min_committee=size)
    message = chain.terms()
    key = chain.ready_key()
    taken = 0
    for status in (pb.KEY_STATUS_PUBLIC_KEY, pb.KEY_STATUS_RELIN_KEY):
        key.status = status
        taken += sum(item.size for n in range(size) for item in slots.awaited(chain.view, key, n))
    assert taken == size * 8 * SMALL.degree * 8
    paid = HANDLERS["open_round"].cost(message, chain.params)
    message.ClearField("reference")
    assert taken < paid
    assert gas.key_cost(SMALL, size) == taken + size * gas.stored_cost(gas.MEMBER_BYTES)


def test_a_round_pays_for_the_shares_of_the_sum_it_will_release() -> None:
    chain = Chain(seats=4, min_committee=4)
    message = chain.terms(reference=random_payload(1, 2))
    expected = gas.release_cost(SMALL, 4, 2)
    assert expected == 4 * 2 * 32_752
    with_it = HANDLERS["open_round"].cost(message, chain.params)
    others = gas.key_cost(SMALL, 4) + payload_cost(message.reference, chain.params)
    assert with_it - others - expected == gas.store_cost(8, 10) + gas.stored_cost(gas.ROUND_BYTES)


def test_a_key_of_four_at_standard_is_two_million() -> None:
    assert gas.key_cost(STANDARD, 4) == 4 * (524_288 + 6_000)


def test_the_largest_records_are_not_larger_than_what_is_paid_for() -> None:
    scalar, digest, address = b"\xff" * 16, b"\xff" * 32, b"\xff" * 20
    item = Contribution(lengths=[scalar] * 8, norm=scalar, alignment=scalar, aggregate=scalar)
    record = Round(reference_lengths=[scalar] * 8, reference_norm=scalar, outcome="too few committed")
    for made in (item, record):
        fill(made, digest, address)
    assert item.ByteSize() + 29 <= gas.CONTRIBUTION_BYTES
    assert record.ByteSize() + 9 <= gas.ROUND_BYTES


def fill(message: Contribution | Round, digest: bytes, address: bytes) -> None:
    """Give every field that has no value yet its largest."""
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated or getattr(message, field.name):
            continue
        if field.type == field.TYPE_BYTES:
            setattr(message, field.name, address if field.name in ("owner", "sender") else digest)
        elif field.type == field.TYPE_BOOL:
            setattr(message, field.name, True)
        elif field.type != field.TYPE_ENUM:
            setattr(message, field.name, _U64 if field.type == field.TYPE_UINT64 else _U32)


@pytest.mark.parametrize("size", [1, 4, 7, 10])
def test_a_keys_record_is_not_larger_than_what_is_paid_for(size: int) -> None:
    digest, address = b"\xff" * 32, b"\xff" * 20
    seat = CommitteeSeat(validator=address, committee_key=digest, operator=address)
    key = Key(
        id=_U64, round_id=_U64, public_key=digest, relin_key=digest, created=_U64, test_payloads=[digest] * 2
    )
    for member in range(size):
        hashes = digest * len(dealt(size, member))
        key.members.append(KeyMember(seat=seat, exchange_key=digest, signing_key=digest, seed_hashes=hashes))
    assert key.ByteSize() <= size * gas.MEMBER_BYTES


def test_the_largest_round_fits_a_block_of_the_least_gas() -> None:
    params = default_params()
    params.min_committee, params.max_tx_bytes = 10, BOUNDS["max_tx_bytes"].greatest
    message = tx_pb2.MsgOpenRound(reference=bytes(params.max_tx_bytes))
    needed = HANDLERS["open_round"].cost(message, params) + gas.envelope_cost(params.max_tx_bytes)
    assert needed < BOUNDS["max_block_gas"].least
