"""What goes into a block: order, room kept for reveals, bounds that every honest block satisfies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto import accounts
from assay.node.shell import proposal
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Params, Round
from assay.proto.tx_pb2 import CommitExtensions, CommitteeBody, Message, MsgReveal, MsgTransfer, TxBody
from assay.state.envelope import decode
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import TxMalformed
from assay.state.rules.params import default_params

SENDERS = [accounts.from_seed(bytes((number,)) * 32) for number in range(4)]


def params(**fields: int) -> Params:
    found = default_params(development=True)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def entry(kind: str, size: int, sender: int = 0, sequence: int = 0, gas: int = 10) -> tuple[bytes, Any]:
    """Return an entry of about `size` bytes: "pay", "reveal" or "committee"."""
    if kind == "committee":
        body = CommitteeBody(version=1, key_id=1, data=bytes(size))
        raw = accounts.sign_committee_tx(SENDERS[0], "chain", body.SerializeToString())
        return raw, decode(raw, "chain", 1 << 22)
    message = (
        Message(reveal=MsgReveal(round_id=1, payload=b"p" * size))
        if kind == "reveal"
        else Message(transfer=MsgTransfer(recipient=b"r" * 20, amount=1))
    )
    memo = "" if kind == "reveal" else "m" * size
    body = TxBody(messages=[message], sequence=sequence, gas_limit=gas, fee=1, memo=memo)
    raw = accounts.sign_tx(SENDERS[sender], "chain", body.SerializeToString())
    return raw, decode(raw, "chain", 1 << 22)


def choose(
    waiting: list[Any], max_bytes: int = 1 << 22, extensions: bytes = b"", **fields: int
) -> list[bytes]:
    return proposal.choose(waiting, extensions, max_bytes, params(**fields), is_reveal)


def is_reveal(tx: Any) -> bool:
    return bool(tx.messages[0][0] == "reveal")


def test_wire_size_counts_tag_and_length() -> None:
    assert [proposal.wire_size(length) for length in (0, 1, 127, 128, 16384)] == [2, 3, 129, 131, 16388]


def test_first_in_first_out() -> None:
    waiting = [entry("pay", 10, sequence=number) for number in range(5)]
    assert choose(waiting) == [raw for raw, _ in waiting]


def test_extensions_stand_first_and_take_room() -> None:
    extensions = CommitExtensions(height=1).SerializeToString()
    raw, decoded = entry("pay", 500)
    size = proposal.wire_size(len(raw))
    room = proposal.wire_size(len(extensions)) + size
    assert choose([(raw, decoded)], room, extensions) == [extensions, raw]
    assert choose([(raw, decoded)], room - 1, extensions) == [extensions]


def test_filler_leaves_half_of_a_block_to_reveals_that_came_later() -> None:
    filler = [entry("pay", 1000, sequence=number) for number in range(20)]
    reveals = [entry("reveal", 3000, sender=number) for number in (1, 2, 3)]
    chosen = choose([*filler, *reveals], 20_000)
    assert sum(raw in chosen for raw, _ in reveals) == 3
    assert sum(len(raw) for raw, _ in filler if raw in chosen) <= 11_000


def test_filler_has_the_whole_block_when_no_reveal_waits() -> None:
    filler = [entry("pay", 1000, sequence=number) for number in range(20)]
    assert sum(proposal.wire_size(len(raw)) for raw in choose(filler, 20_000)) > 18_000


def test_filler_leaves_half_of_the_gas_to_reveals_that_came_later() -> None:
    filler = [entry("pay", 10, sender=number, gas=500_000) for number in (0, 1)]
    reveal = entry("reveal", 10, sender=2, gas=300_000)
    assert choose([*filler, reveal], max_block_gas=1_000_000) == [filler[0][0], reveal[0]]


def test_a_commitment_claims_room_for_one_reveal_only() -> None:
    copies = [entry("reveal", 3000, sender=0, sequence=number) for number in range(6)]
    rival = entry("reveal", 3000, sender=1)
    assert rival[0] in choose([*copies, rival], 13_000)


def awaiting(round_status: pb.RoundStatus, status: pb.ContributionStatus) -> Overlay:
    """Return a state in which SENDERS[0] has committed to round 1."""
    view = Overlay(NoStore())
    view.save(keys.round_(1), Round(id=1, status=round_status))
    item = Contribution(round_id=1, sender=SENDERS[0].address, status=status)
    view.save(keys.contribution(1, SENDERS[0].address), item)
    return view


class NoStore:
    """A store without records."""

    def get(self, _key: bytes) -> bytes | None:
        return None

    def iterate(self, _prefix: bytes, _start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter(())

    def get_bulk(self, _scope: bytes, _digest: bytes) -> bytes | None:
        return None


def test_a_reveal_is_due_while_state_awaits_it() -> None:
    def due(view: Overlay, sender: int = 0, gas: int = 10) -> bool:
        return proposal.is_due(view, entry("reveal", 100, sender, gas=gas)[1], params())

    awaited = awaiting(pb.ROUND_STATUS_REVEAL, pb.CONTRIBUTION_STATUS_COMMITTED)
    assert due(awaited)
    assert not due(awaited, sender=1)
    assert not due(awaited, gas=10**9)
    assert not due(awaiting(pb.ROUND_STATUS_OPEN, pb.CONTRIBUTION_STATUS_COMMITTED))
    assert not due(awaiting(pb.ROUND_STATUS_REVEAL, pb.CONTRIBUTION_STATUS_REVEALED))


def test_a_reveal_beside_other_messages_has_no_claim() -> None:
    reveal = Message(reveal=MsgReveal(round_id=1))
    other = Message(transfer=MsgTransfer(recipient=b"r" * 20, amount=1))
    view = awaiting(pb.ROUND_STATUS_REVEAL, pb.CONTRIBUTION_STATUS_COMMITTED)
    for messages in ([reveal, other], [other, reveal], [reveal, reveal], [other]):
        raw = accounts.sign_tx(SENDERS[0], "chain", TxBody(messages=messages).SerializeToString())
        assert not proposal.is_due(view, decode(raw, "chain", 1 << 22), params())  # type: ignore[arg-type]


def test_a_sender_whose_transaction_waits_has_its_later_ones_wait() -> None:
    large, small = entry("pay", 5000, sequence=0), entry("pay", 10, sequence=1)
    other = entry("pay", 10, sender=1)
    assert choose([large, small, other], 3000) == [other[0]]


def test_gas_bounds_a_block() -> None:
    waiting = [entry("pay", 10, sender=number, gas=600_000) for number in range(3)]
    assert len(choose(waiting, max_block_gas=1_300_000)) == 2


def test_committee_messages_have_their_own_bound() -> None:
    waiting = [entry("committee", 60_000 + number) for number in range(5)]
    assert len(choose(waiting, committee_block_bytes=200_000)) == 3


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "reveal", "committee"]),
        st.integers(0, 4000),
        st.integers(0, 3),
        st.integers(0, 400_000),
    ),
    max_size=12,
)


@given(ENTRIES, st.integers(100, 20_000), st.booleans())
def test_whatever_is_chosen_is_accepted_and_fits(drawn: Any, max_bytes: int, extended: bool) -> None:
    sequences = [0, 0, 0, 0]
    waiting = []
    for kind, size, sender, gas in drawn:
        waiting.append(entry(kind, size, sender, sequences[sender], gas))
        sequences[sender] += kind != "committee"
    extensions = CommitExtensions(height=1).SerializeToString() if extended else b""
    chain = params(max_block_gas=10**6)
    chosen = proposal.choose(waiting, extensions, max_bytes, chain, is_reveal)
    assert sum(proposal.wire_size(len(raw)) for raw in chosen) <= max_bytes
    head, rest = proposal.split_extensions(chosen)
    assert head == extensions
    decoded = [decode(raw, "chain", 1 << 22) for raw in rest]
    assert proposal.fault(chosen, decoded, chain) == ""
    for sender in range(4):
        mine = [e.body.sequence for e in decoded if getattr(e, "sender", b"") == SENDERS[sender].address]
        assert mine == list(range(len(mine)))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"max_block_bytes": 100}, "more than 100 bytes"),
        ({"max_block_gas": 5}, "asks for 10 gas"),
        ({"committee_block_bytes": 5}, "bytes of committee messages"),
    ],
)
def test_what_no_honest_proposer_makes_is_named(fields: dict[str, int], sentence: str) -> None:
    waiting = [entry("pay", 10), entry("committee", 10)]
    raws, entries = [raw for raw, _ in waiting], [decoded for _, decoded in waiting]
    assert sentence in proposal.fault(raws, entries, params(**fields))


def test_an_entry_that_cannot_be_decoded_is_a_fault() -> None:
    assert "cannot be decoded" in proposal.fault([b"x"], [TxMalformed("no")], params())


def test_extensions_are_split_off_only_in_front() -> None:
    extensions = CommitExtensions(height=1).SerializeToString()
    assert proposal.split_extensions([b"\x0a", extensions]) == (b"", [b"\x0a", extensions])
