"""Nodes among which one cheats or is gone: named on chain, replaced, and nothing of the attempt is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from tests.node.committee.home_secrets import files_with, secret_bytes
from tests.node.committee.nodes import Node, Nodes, Run
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import sign_committee_tx
from assay.crypto.committee.secrets import CommitteeFiles
from assay.node.committee.identity import load_committee_key
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import CommitteeBody, CommitteePhase
from assay.state import faults, scoring_queue
from assay.state.ceremony import records
from assay.state.rules import keys
from assay.state.rules.errors import NotAwaited
from assay.state.scoring_queue import Question

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


# --- an honest node whose file is not its own any more -------------------------------------------


def swap_secrets(node: Node, key: Key, member: int) -> None:
    """Put other secrets in the place of those a node joined with."""
    node.runtime._members._loaded.clear()
    (node.home / "committee" / f"key-{key.id}.json").unlink()
    CommitteeFiles(node.home / "committee").create(records.name(CHAIN_ID, key), member)


def test_a_member_with_other_secrets_is_silent_rather_than_a_false_complainer(nodes: Make) -> None:
    group = nodes(4, ceremony_window=8)
    swap_secrets(group.nodes[2], group.key(pb.KEY_STATUS_SEEDING), 2)
    group.key(pb.KEY_STATUS_FAILED, limit=14)
    assert named(group) == [(2, "silent_ceremony")]


def test_an_accused_dealer_with_other_secrets_is_silent_rather_than_a_cheat(nodes: Make) -> None:
    group = nodes(4, ceremony_window=8)
    twist(group.nodes[3], 1, tx_pb2.COMMITTEE_PHASE_CHECK, 0, first_bit)
    key = group.key(pb.KEY_STATUS_CHECKING)
    for number, node in enumerate(group.nodes):
        swap_secrets(node, key, number)
    group.key(pb.KEY_STATUS_FAILED, limit=14)
    assert named(group) == [(1, "silent_ceremony")]  # the first seed member 3 holds is dealt by member 1


# --- what the seeds were used for stays so -------------------------------------------------------


def asks_again(group: Nodes, run: Run[Any], status: pb.KeyStatus) -> list[CommitteeBody]:
    """Let a chain that was rolled back, or a false copy of one, want the first key's seeds opened.

    Returns
    -------
    list
        What the nodes send, restarted and not.
    """
    chain, sent = group.chain, [len(node.sent) for node in group.nodes]
    key = chain.view.require(Key, keys.committee_key(1))
    key.status, key.deadline, key.awaited = status, chain.height + 50, 4
    key.accused[:] = range(4)
    chain.view.save(keys.committee_key(1), key)
    chain.memory.apply(chain.view)
    for node in group.nodes:
        run(node.runtime.after_commit(group.committed(), chain.height))
        run(node.runtime.close())
        node.start()
        run(node.runtime.after_commit(group.committed(), chain.height))
    return [body for node, before in zip(group.nodes, sent, strict=True) for body in node.bodies()[before:]]


@pytest.mark.parametrize("status", [pb.KEY_STATUS_ANSWERING, pb.KEY_STATUS_OPENING])
def test_seeds_that_served_a_round_are_not_opened_whatever_the_chain_asks(
    nodes: Make, run: Run[Any], status: pb.KeyStatus
) -> None:
    group = nodes(4)
    group.make_key()
    scoring_queue.ask(group.chain.ctx, 1, 1, [Question(pb.OPENING_KIND_COIN)])
    group.chain.memory.apply(group.chain.view)
    for node in group.nodes:
        assert run(node.runtime.extension(group.committed(), group.chain.height))
    assert asks_again(group, run, status) == []


@pytest.mark.parametrize("status", [pb.KEY_STATUS_ANSWERING, pb.KEY_STATUS_OPENING])
def test_of_seeds_that_were_opened_no_share_is_given(
    nodes: Make, run: Run[Any], status: pb.KeyStatus
) -> None:
    group = nodes(4)
    group.make_key()
    assert asks_again(group, run, status)
    chain = group.chain
    key = chain.view.require(Key, keys.committee_key(1))
    key.status = pb.KEY_STATUS_READY
    chain.view.save(keys.committee_key(1), key)
    scoring_queue.ask(chain.ctx, 1, 1, [Question(pb.OPENING_KIND_COIN)])
    chain.memory.apply(chain.view)
    said = [run(node.runtime.extension(group.committed(), chain.height)) for node in group.nodes]
    # Members 2 and 3 dealt nothing and so have answered nothing.
    assert [bool(extension) for extension in said] == (
        [False] * 4 if status == pb.KEY_STATUS_OPENING else [False, False, True, True]
    )


@pytest.mark.parametrize("status", [pb.KEY_STATUS_SEEDING, pb.KEY_STATUS_CHECKING, pb.KEY_STATUS_RELIN_KEY])
def test_a_copy_of_a_home_says_what_the_original_says(nodes: Make, run: Run[Any], status: int) -> None:
    group = nodes(4)
    group.key(status)
    original = group.nodes[0]
    copied = original.home.with_name("copy")
    shutil.copytree(original.home, copied)
    copy = Node(copied, original.validator, original.pool)
    for _ in range(8):
        run(copy.runtime.after_commit(group.committed(), group.chain.height - 1))
        group.block()
    first = {(body.key_id, body.phase, body.slot): body.data for body in original.bodies()}
    second = {(body.key_id, body.phase, body.slot): body.data for body in copy.bodies()}
    run(copy.runtime.close())
    assert second
    assert second.items() <= first.items()


def test_a_copy_made_before_the_key_began_is_silent_once_the_original_has_joined(
    nodes: Make, run: Run[Any]
) -> None:
    group = nodes(4)
    original = group.nodes[0]
    copied = original.home.with_name("copy")
    shutil.copytree(original.home, copied)
    copy = Node(copied, original.validator, original.pool)
    for _ in range(9):
        group.block()
        run(copy.runtime.after_commit(group.committed(), group.chain.height - 1))
    run(copy.runtime.close())
    assert {body.phase for body in copy.bodies()} == {tx_pb2.COMMITTEE_PHASE_JOIN}
    assert [key.status for key in group.all_keys()] == [pb.KEY_STATUS_READY]


# --- nothing is left -----------------------------------------------------------------------------


@pytest.mark.parametrize("slot", [None, 0])
def test_nothing_secret_is_left_in_a_home_when_a_key_has_failed(nodes: Make, slot: int | None) -> None:
    """Whether its seeds were opened to find out who cheated, or a member was silent."""
    group = nodes(5, min_committee=4, ceremony_window=6)
    if slot is None:
        twist(group.nodes[3], 1, tx_pb2.COMMITTEE_PHASE_CHECK, 0, lambda _: b"")
    else:
        twist(group.nodes[3], 1, tx_pb2.COMMITTEE_PHASE_RELIN_KEY, slot, first_bit)
    group.key(pb.KEY_STATUS_CHECKING)
    homes = {node.home: CommitteeFiles(node.home / "committee").load(1) for node in group.nodes[:4]}
    for home, secrets in homes.items():
        assert files_with(home, secret_bytes(secrets)) == {"committee/key-1.json"}
    group.key(pb.KEY_STATUS_FAILED, limit=20)
    for home, secrets in homes.items():
        assert files_with(home, secret_bytes(secrets)) == set()
