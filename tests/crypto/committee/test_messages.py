"""Sizes and forms of committee messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nacl.bindings
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.committee import messages
from assay.crypto.committee.messages import MessageError
from assay.crypto.committee.subsets import held
from assay.crypto.presets import COMMITTEE_SIZES, PRESETS, SMALL, STANDARD, Preset
from assay.proto import tx_pb2

# Bytes of JOIN and SEEDS by member, written out: 32 a dealt seed, 80 a box.
JOIN_SIZES = {1: [96], 4: [160, 96, 64, 64], 7: [544, 224, 96, 64, 64, 64, 64]}
SEEDS_SIZES = {1: [80], 4: [3 * 240, 240, 0, 0], 7: [15 * 400, 5 * 400, 400, 0, 0, 0, 0]}


@pytest.mark.parametrize("n", [1, 4, 7])
def test_sizes_of_join_and_seeds(n: int) -> None:
    assert [messages.join_size(n, member) for member in range(n)] == JOIN_SIZES[n]
    assert [messages.seeds_size(n, member) for member in range(n)] == SEEDS_SIZES[n]


def test_the_largest_dealing() -> None:
    assert messages.join_size(10, 0) == 64 + 84 * 32
    assert messages.seeds_size(10, 0) == 84 * 7 * 80 == 47_040


def test_sizes_of_the_standard_preset() -> None:
    assert messages.chunk_size(STANDARD) == 65_536
    assert messages.release_size(STANDARD) == 65_520 + 64 + 48


@pytest.mark.parametrize("n", [1, 4])
def test_every_slot_has_the_size_that_is_announced(n: int, committee: Callable[..., Any]) -> None:
    made = committee(n)
    zero = np.zeros((2, SMALL.degree), dtype=np.uint64)

    def sizes(phase: tx_pb2.CommitteePhase, member: int) -> tuple[int, ...]:
        return messages.slot_sizes(phase, SMALL, n, member)

    for member in made.members:
        number = member.number
        sent: dict[tx_pb2.CommitteePhase, list[bytes]] = {
            tx_pb2.COMMITTEE_PHASE_JOIN: [member.join_data()],
            tx_pb2.COMMITTEE_PHASE_SEEDS: [d for d in [member.seeds_data(made.joins)] if d],
            tx_pb2.COMMITTEE_PHASE_CHECK: [messages.check_bytes(n, number, ())],
            tx_pb2.COMMITTEE_PHASE_OPEN: [b"".join(member._secrets.received.values())],
            tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY: [member.public_key_share(i) for i in range(2)],
            tx_pb2.COMMITTEE_PHASE_RELIN_KEY: [member.relin_share(j, i) for j in range(2) for i in range(3)],
            tx_pb2.COMMITTEE_PHASE_RELEASE: [member.release_share(0, zero, zero, made.joins[0].exchange_key)],
        }
        for phase, data in sent.items():
            assert tuple(map(len, data)) == sizes(phase, number)
        assert len(member.coin_share(1)) == messages.SHARE_BYTES


def test_phases_without_slots_of_fixed_size_are_refused() -> None:
    with pytest.raises(ValueError, match="no slots of fixed size"):
        messages.slot_sizes(tx_pb2.COMMITTEE_PHASE_SHARES, SMALL, 4, 0)


@pytest.mark.parametrize("n", COMMITTEE_SIZES)
def test_boxes_follow_one_another_without_gaps(n: int) -> None:
    for member in range(n):
        offsets = [
            messages.box_offset(n, seed, holder)
            for seed in messages.dealt(n, member)
            for holder in messages.holders(n, seed)
        ]
        assert offsets == list(range(0, messages.seeds_size(n, member), messages.BOX_BYTES))


@pytest.mark.parametrize("n", [1, 4, 7])
def test_join_returns_to_the_same_bytes(n: int, committee: Callable[..., Any]) -> None:
    for member in committee(n).members:
        data = member.join_data()
        assert messages.parse_join(n, member.number, data).to_bytes() == data


@given(st.integers(0, 3), st.binary(max_size=200))
def test_arbitrary_joins_are_refused_or_return_to_the_same_bytes(member: int, data: bytes) -> None:
    try:
        join = messages.parse_join(4, member, data)
    except MessageError:
        return
    assert join.to_bytes() == data


def test_joins_of_wrong_length_or_with_bad_keys_are_refused(committee: Callable[..., Any]) -> None:
    data = committee(4).members[1].join_data()
    for bad in (data[:-1], data + b"\x00", b""):
        with pytest.raises(MessageError, match="has 96 bytes"):
            messages.parse_join(4, 1, bad)
    with pytest.raises(MessageError, match="small order"):
        messages.parse_join(4, 1, bytes(32) + data[32:])
    small_order = bytes([1]) + bytes(31)
    not_canonical = b"\xed" + b"\xff" * 30 + b"\x7f"
    mixed_order = nacl.bindings.crypto_core_ed25519_add(
        data[32:64], bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
    )
    for key in (small_order, not_canonical, mixed_order, b"\x02" + bytes(31)):
        with pytest.raises(MessageError, match="not a valid Ed25519"):
            messages.parse_join(4, 1, data[:32] + key + data[64:])


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("prime", [0, 1, 2])
def test_residues_have_one_encoding(preset: Preset, prime: int) -> None:
    residues = np.zeros((1, preset.degree), dtype=np.uint64)
    residues[0, -1] = preset.primes[prime] - 1
    data = messages.residue_bytes(residues)
    assert np.array_equal(messages.parse_residues(preset, prime, data), residues)
    residues[0, -1] += np.uint64(1)
    with pytest.raises(MessageError, match="not below prime"):
        messages.parse_residues(preset, prime, messages.residue_bytes(residues))
    for bad in (data[:-1], data + b"\x00", data[:-8], b""):
        with pytest.raises(MessageError, match="bytes"):
            messages.parse_residues(preset, prime, bad)


@pytest.mark.parametrize("preset", PRESETS)
@given(data=st.binary(max_size=20) | st.binary(min_size=16, max_size=16))
def test_shares_have_one_encoding(preset: Preset, data: bytes) -> None:
    try:
        share = messages.parse_share(preset, data)
    except MessageError:
        assert len(data) != 16 or int.from_bytes(data, "little") >= preset.modulus
        return
    assert 0 <= share < preset.modulus
    assert messages.share_bytes(share) == data


def test_the_modulus_itself_is_no_share() -> None:
    with pytest.raises(MessageError, match="not reduced"):
        messages.parse_share(SMALL, SMALL.modulus.to_bytes(16, "little"))
    assert messages.parse_share(SMALL, messages.share_bytes(SMALL.modulus - 1)) == SMALL.modulus - 1


@given(st.sampled_from(COMMITTEE_SIZES), st.data())
def test_complaints_survive_their_encoding_and_no_other_bytes_are_taken(n: int, data: st.DataObject) -> None:
    member = data.draw(st.integers(0, n - 1))
    bad = data.draw(st.sets(st.sampled_from(held(n, member))))
    encoded = messages.check_bytes(n, member, bad)
    assert messages.parse_check(n, member, encoded) == tuple(sorted(bad))
    assert len(encoded) == messages.check_size(n, member)
    raw = data.draw(st.binary(max_size=13))
    try:
        parsed = messages.parse_check(n, member, raw)
    except MessageError:
        return
    assert messages.check_bytes(n, member, parsed) == raw


@pytest.mark.parametrize("n", COMMITTEE_SIZES)
def test_a_bit_that_stands_for_no_seed_is_refused(n: int) -> None:
    size, seeds = messages.check_size(n, 0), len(held(n, 0))
    for bits in range(seeds, 8 * size):
        with pytest.raises(MessageError, match="one bit for each"):
            messages.parse_check(n, 0, (1 << bits).to_bytes(size, "little"))
