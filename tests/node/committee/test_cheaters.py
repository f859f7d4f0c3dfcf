"""Nodes among which one cheats or is gone: named on chain, replaced, and nothing of the attempt is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.node.committee.nodes import Node, Nodes, Run
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import sign_committee_tx
from assay.crypto.committee.secrets import CommitteeFiles
from assay.node.committee.identity import load_committee_key
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.tx_pb2 import CommitteeBody, CommitteePhase
from assay.state import faults
from assay.state.rules.errors import NotAwaited

Make = Callable[..., Nodes]
Change = Callable[[bytes], bytes]


def twist(node: Node, key_id: int, phase: CommitteePhase, slot: int, change: Change) -> None:
    """Let a node's own committee key sign something else than the node computed."""
    send, secret = node._broadcast, load_committee_key(node.home)

    async def broadcast(raw: bytes) -> None:
        body = CommitteeBody.FromString(tx_pb2.CommitteeTx.FromString(raw).body)
        if (body.key_id, body.phase, body.slot) == (key_id, phase, slot):
            body.data = change(body.data)
            raw = sign_committee_tx(secret, CHAIN_ID, body.SerializeToString(deterministic=True))
        await send(raw)

    node.runtime._outbox._broadcast = broadcast


def first_bit(data: bytes) -> bytes:
    return bytes((data[0] ^ 1,)) + data[1:]


def named(group: Nodes) -> list[tuple[int, str]]:
    """Seats and what they are named for."""
    validators = [seat.validator for seat in group.chain.seats]
    return [
        (validators.index(fault.validator), faults.word(fault.kind))
        for fault in faults.listed(group.committed())
    ]


CHEATS = {
    "a seed sealed wrongly": (0, tx_pb2.COMMITTEE_PHASE_SEEDS, 0, "bad_seeds"),
    "a false complaint": (2, tx_pb2.COMMITTEE_PHASE_CHECK, 0, "false_complaint"),
    "a wrong share of s^2": (3, tx_pb2.COMMITTEE_PHASE_RELIN_KEY, 4, "wrong_key_share"),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_node_that_cheats_is_named_and_the_others_make_a_key_without_it(
    nodes: Make, run: Run[Any], cheat: str
) -> None:
    group = nodes(5, min_committee=4)
    seat, phase, slot, kind = CHEATS[cheat]
    twist(group.nodes[seat], 1, phase, slot, first_bit)
    restarted = 0
    while not any(key.status == pb.KEY_STATUS_READY for key in group.all_keys()):
        group.block()
        for node in group.nodes:
            if node is not group.nodes[seat]:  # restarts change nothing that honest nodes say
                run(node.runtime.close())
                node.start()
        restarted += 1
        assert restarted < 24, group.all_keys()
    failed, ready = group.all_keys()
    assert failed.status == pb.KEY_STATUS_FAILED
    assert named(group) == [(seat, kind)]
    members = [member.seat.validator for member in ready.members]
    assert members == [node.validator for number, node in enumerate(group.nodes) if number != seat]
    # Seeds are opened by all, and once t + 1 have, the others' are not needed.
    assert {type(error) for error in group.refused} == ({NotAwaited} if kind == "wrong_key_share" else set())
    kept = [CommitteeFiles(node.home / "committee").keys() for node in group.nodes]
    assert kept == [[] if number == seat else [2] for number in range(5)]


def test_a_node_that_is_gone_is_left_out_and_comes_back_by_itself(nodes: Make) -> None:
    group = nodes(4, min_committee=4, ceremony_window=8, absence_window=10)
    gone = group.nodes[1]
    gone.online = gone.votes = False
    group.block(10)
    assert named(group) == [(1, "silent_ceremony")]
    assert [key.status for key in group.all_keys()] == [pb.KEY_STATUS_FAILED]
    gone.online = gone.votes = True
    ready = group.key(pb.KEY_STATUS_READY, limit=30)
    assert (ready.id, len(ready.members)) == (2, 4)
