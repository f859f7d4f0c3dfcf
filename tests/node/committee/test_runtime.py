"""A validator's node in ceremonies, openings and release, on a chain in memory."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.node.committee.home_secrets import files_with, secret_bytes
from tests.node.committee.nodes import Node, Nodes, Run
from tests.state.chain import OWNER_SECRET
from tests.state.conftest import CHAIN_ID
from tests.state.live import Live, direction, unit

from assay.crypto.accounts import generate
from assay.crypto.committee import release
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.secrets import CommitteeFiles
from assay.crypto.presets import SMALL
from assay.node.committee.delivery import LATE_BLOCKS, PATIENCE_BLOCKS
from assay.node.committee.outbox import RESEND_BLOCKS
from assay.node.workers.pool import PoolLimits, WorkerPool
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.staking_pb2 import BOND_STATUS_UNBONDING
from assay.proto.state_pb2 import Decided, SlotRecord
from assay.proto.tx_pb2 import MsgAcknowledgeRelease
from assay.state import openings, scoring_queue
from assay.state.ceremony.records import name
from assay.state.decided import has_delivered
from assay.state.extensions import parse_extension
from assay.state.openings import AwaitedShare
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.scoring_queue import Question
from assay.state.validators.jail import jail

Make = Callable[..., Nodes]


def secret_files(group: Nodes) -> list[list[int]]:
    return [CommitteeFiles(node.home / "committee").keys() for node in group.nodes]


@pytest.mark.parametrize("seats", [1, 4])
def test_nodes_make_a_key_serve_a_round_release_its_sum_and_erase_the_key(nodes: Make, seats: int) -> None:
    group = nodes(seats)
    live = Live(group)
    reference = direction(1)
    updates = [unit(reference + 0.8 * direction(seed)) for seed in (2, 3)]
    round_id = live.whole_round(reference, updates)
    chain = group.chain
    assert chain.round(round_id).status == pb.ROUND_STATUS_SETTLED

    group.block(2)
    key, boxes = chain.key_of(round_id), {}
    for member in range(seats):
        slot = chain.memory.records[keys.slot(key.id, tx_pb2.COMMITTEE_PHASE_RELEASE, member, 0)]
        place = (keys.release_scope(round_id), SlotRecord.FromString(slot).digest)
        boxes[member] = chain.memory.bulk[place]
    signing_keys = {number: member.signing_key for number, member in enumerate(key.members)}
    found = release.collect(name(CHAIN_ID, key), 0, boxes, OWNER_SECRET, signing_keys)
    assert isinstance(found, Decoded)
    total = np.array([int(value) for value in found.value[:11]], dtype=np.float64) / (2 * SMALL.scale)
    assert total == pytest.approx(sum(updates), abs=0.02)

    assert all(key.id in ids for ids in secret_files(group))
    secrets = {node.home: CommitteeFiles(node.home / "committee").load(key.id) for node in group.nodes}
    assert all(files_with(home, secret_bytes(own)) for home, own in secrets.items())
    chain.run("acknowledge_release", chain.owner, MsgAcknowledgeRelease(round_id=round_id))
    group.block()
    assert all(key.id not in ids for ids in secret_files(group))
    assert not any(files_with(home, secret_bytes(own)) for home, own in secrets.items())
    assert group.refused == []


def test_a_node_whose_workers_die_and_hang_computes_what_the_others_do(nodes: Make, run: Run[Any]) -> None:
    group = nodes(4)
    live = Live(group)
    pool = WorkerPool(PoolLimits(task_seconds=2))
    run(pool.start())
    unlucky = group.nodes[2]
    unlucky.scheduler._workers = pool
    compute, blows = group._complete_jobs, cycle((signal.SIGKILL, signal.SIGSTOP))

    def disturbed(view: Overlay) -> None:
        if openings.due_jobs(view, group.chain.params):
            for pid in pool.pids:
                os.kill(pid, next(blows))
        compute(view)  # asserts that all four nodes found the same

    group._complete_jobs = disturbed  # type: ignore[method-assign]
    reference = direction(1)
    round_id = live.whole_round(reference, [unit(reference + 0.8 * direction(seed)) for seed in (2, 3)])
    assert group.chain.round(round_id).status == pb.ROUND_STATUS_SETTLED
    assert pool.restarts
    run(pool.close())


def test_secrets_are_on_disk_before_anything_derived_from_them_is_sent(nodes: Make) -> None:
    group = nodes(4)
    seen = set()

    def check(number: int, raw: bytes) -> None:
        body = tx_pb2.CommitteeBody.FromString(tx_pb2.CommitteeTx.FromString(raw).body)
        path = group.nodes[number].home / "committee" / f"key-{body.key_id}.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        secrets = CommitteeFiles(path.parent).load(body.key_id)
        if body.phase == tx_pb2.COMMITTEE_PHASE_JOIN:
            assert secrets.join().to_bytes() == body.data
        if body.phase >= tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY:
            assert secrets.received
        seen.add(body.phase)

    for number, node in enumerate(group.nodes):
        node.on_broadcast = lambda raw, number=number: check(number, raw)
    group.make_key()
    assert seen == {1, 2, 3, 4, tx_pb2.COMMITTEE_PHASE_CHECK}


def test_each_message_is_sent_once_while_it_is_on_its_way(nodes: Make) -> None:
    group = nodes(1)
    group.make_key()
    places = [(body.key_id, body.phase, body.slot) for body in group.nodes[0].bodies()]
    assert len(places) == len(set(places))
    assert group.refused == []


def test_what_was_lost_is_sent_again_after_some_blocks_and_is_the_same(nodes: Make, monkeypatch: Any) -> None:
    group = nodes(1)
    monkeypatch.setattr(group, "_deliver", lambda: None)
    group.block(RESEND_BLOCKS)
    assert len(group.nodes[0].sent) == 1
    group.block(RESEND_BLOCKS)
    assert len(group.nodes[0].sent) == 2
    assert len(set(group.nodes[0].sent)) == 1


def test_a_message_the_network_did_not_take_is_sent_with_the_next_block(nodes: Make) -> None:
    group = nodes(1)
    group.nodes[0].online = False
    group.block(2)
    group.nodes[0].online = True
    group.block()
    assert len(group.nodes[0].sent) == 1


def test_a_node_that_catches_up_is_silent(nodes: Make) -> None:
    group = nodes(1)
    group.nodes[0].caught_up = False
    group.block(3)
    assert group.nodes[0].sent == []
    assert secret_files(group) == [[]]
    group.nodes[0].caught_up = True
    group.make_key()


def test_a_restart_in_every_phase_changes_nothing(nodes: Make, run: Run[Any]) -> None:
    group = nodes(4)
    for _ in range(12):
        if any(key.status == pb.KEY_STATUS_READY for key in group.all_keys()):
            break
        group.block()
        for node in group.nodes:
            run(node.runtime.close())
            node.start()
    group.make_key()
    assert {key.id for key in group.all_keys()} == {1}
    bodies = [body for node in group.nodes for body in node.bodies()]
    by_place: dict[Any, set[bytes]] = {}
    for body in bodies:
        by_place.setdefault((body.phase, body.member, body.slot), set()).add(body.data)
    assert all(len(sent) == 1 for sent in by_place.values())


def test_a_member_that_lost_its_secrets_is_silent_and_draws_no_others(nodes: Make) -> None:
    group = nodes(4)
    group.key(pb.KEY_STATUS_SEEDING)
    node = group.nodes[0]
    node.runtime._members._loaded.clear()
    (node.home / "committee" / "key-1.json").unlink()
    before = len(node.sent)
    group.block(RESEND_BLOCKS + 1)
    assert group.all_keys()[0].status == pb.KEY_STATUS_CHECKING
    assert len(node.sent) == before
    assert secret_files(group)[0] == []


def test_a_member_whose_secrets_are_others_than_it_joined_with_deals_no_seeds(nodes: Make) -> None:
    group = nodes(1)
    group.block()
    (group.nodes[0].home / "committee" / "key-1.json").unlink()
    group.nodes[0].runtime._members._loaded.clear()
    CommitteeFiles(group.nodes[0].home / "committee").create(name(CHAIN_ID, group.all_keys()[0]), 0)
    group.block(2)
    assert group.all_keys()[0].status == pb.KEY_STATUS_SEEDING
    assert {body.phase for body in group.nodes[0].bodies()} == {tx_pb2.COMMITTEE_PHASE_JOIN}


def test_seeds_left_from_another_life_of_the_chain_are_replaced(nodes: Make) -> None:
    group, other = nodes(4), nodes(4)
    other.make_key()
    ours, theirs = (made.nodes[3].home / "committee" / "key-1.json" for made in (group, other))
    ours.write_bytes(theirs.read_bytes())  # member 3 deals nothing, so only what it received is out of date
    ours.chmod(0o600)
    assert group.make_key().id == 1


def test_a_node_whose_committee_key_is_not_registered_is_silent(nodes: Make) -> None:
    group = nodes(1)
    group.chain.register(0, generate().public_key)
    group.block(2)
    assert group.nodes[0].sent == []


def test_secrets_of_a_key_the_state_does_not_know_yet_are_kept(nodes: Make) -> None:
    group = nodes(1)
    group.make_key()
    chain = group.chain
    records = {place: data for place, data in chain.memory.records.items() if place[:1] != keys.KEY}
    chain.memory.records = records
    group.run(group.nodes[0].runtime.after_commit(group.committed(), chain.height))
    assert secret_files(group) == [[1]]


# -- openings ---------------------------------------------------------------------------------


def ask_coins(group: Nodes, count: int, gap: int = 1) -> None:
    """Have the committee of the ready key open so many coins, whose ids are so far apart."""
    key, ctx = group.make_key(), group.chain.ctx
    for _ in range(count):
        scoring_queue.ask(ctx, key.id, 1, [Question(pb.OPENING_KIND_COIN)])
        unwanted = scoring_queue.ask(ctx, key.id, 1, [Question(pb.OPENING_KIND_COIN)] * (gap - 1))
        scoring_queue.drop(ctx, unwanted, gap - 1)
    group.chain.memory.apply(ctx.view)


def shares_of(extension: bytes) -> list[int]:
    runs = parse_extension(extension).runs
    return [run.first + i for run in runs for i in range(len(run.shares) // 16)]


@pytest.mark.parametrize("gap", [1, 2])
def test_an_extension_answers_the_oldest_openings_within_its_bounds(nodes: Make, gap: int) -> None:
    group = nodes(1)
    ask_coins(group, 300, gap)
    runtime, view = group.nodes[0].runtime, group.committed()
    waiting = [item.opening for item in openings.awaited(view, group.nodes[0].validator)]
    assert len(waiting) == 300
    first = group.run(runtime.extension(view, 100))
    assert len(first) <= 4096
    assert shares_of(first) == waiting[: len(shares_of(first))]
    assert len(shares_of(first)) == 248 if gap == 1 else len(first) > 4096 - 32
    assert group.run(runtime.extension(view, 100)) == first


def test_shares_on_their_way_are_not_sent_twice_but_again_if_they_were_lost(
    nodes: Make,
) -> None:
    group = nodes(1)
    ask_coins(group, 300)
    runtime, view = group.nodes[0].runtime, group.committed()
    first, second, third = (
        shares_of(group.run(runtime.extension(view, height))) for height in (100, 101, 102)
    )
    assert not set(first) & set(second)
    assert len(first) + len(second) == 300
    assert third == first


def test_an_extension_after_a_restart_says_the_same(nodes: Make, run: Run[Any]) -> None:
    group = nodes(1)
    live = Live(group)
    live.open_round(direction(1))
    group.block()
    node, view = group.nodes[0], group.committed()
    while not list(openings.awaited(view, node.validator)):
        group.block()
    before = run(node.runtime.extension(view, group.chain.height + 5))
    run(node.runtime.close())
    node.start()
    assert before
    assert run(node.runtime.extension(view, group.chain.height + 5)) == before


def test_openings_that_cannot_be_answered_do_not_keep_others_waiting(nodes: Make) -> None:
    group = nodes(1, key_pool=2)
    group.block(9)
    first, second = group.all_keys()
    assert first.status == second.status == pb.KEY_STATUS_READY
    for key, count in ((first, 260), (second, 5)):
        scoring_queue.ask(group.chain.ctx, key.id, 1, [Question(pb.OPENING_KIND_COIN)] * count)
    group.chain.memory.apply(group.chain.ctx.view)
    group.nodes[0].runtime._members.erase(first.id)
    waiting = [item.opening for item in openings.awaited(group.committed(), group.nodes[0].validator)]
    extension = group.run(group.nodes[0].runtime.extension(group.committed(), 100))
    assert shares_of(extension) == waiting[260:]


def test_nobody_extends_a_vote_when_nothing_is_awaited(nodes: Make) -> None:
    group = nodes(1)
    group.make_key()
    assert group.run(group.nodes[0].runtime.extension(group.committed(), 50)) == b""


def test_a_member_outside_the_validator_set_sends_its_shares_as_messages(nodes: Make) -> None:
    group = nodes(1)
    group.keep_out()
    group.nodes[0].votes = False
    group.key(pb.KEY_STATUS_READY, limit=12 + PATIENCE_BLOCKS)
    assert share_messages(group.nodes[0]) == 1
    assert group.refused == []


def share_messages(node: Node) -> int:
    return sum(body.phase == tx_pb2.COMMITTEE_PHASE_SHARES for body in node.bodies())


def test_a_member_whose_votes_come_too_late_for_the_commits_sends_its_shares_as_messages(nodes: Make) -> None:
    group = nodes(1)
    group.key(pb.KEY_STATUS_SELF_TEST)
    (node,) = group.nodes
    node.late = True
    group.block(LATE_BLOCKS)
    assert share_messages(node) == 0, "a second vote may have carried them yet"
    group.key(pb.KEY_STATUS_READY, limit=4)
    assert share_messages(node) == 1
    assert group.refused == []


def test_a_jailed_member_still_answers_for_its_round(nodes: Make) -> None:
    """Another member is away, so that nothing is decided without the one that has no vote."""
    group = nodes(4)
    live, chain, reference = Live(group), group.chain, direction(1)
    round_id = live.open_round(reference, max_contributors=2)
    jail(chain.ctx, chain.validator(1), 1_000_000)
    group.nodes[1].votes = group.nodes[2].votes = group.nodes[2].online = False
    live.run_until(round_id, pb.ROUND_STATUS_OPEN)
    assert chain.validator(1).status == BOND_STATUS_UNBONDING
    live.contribute(round_id, [unit(reference + 0.8 * direction(seed)) for seed in (2, 3)])
    live.run_until(round_id, pb.ROUND_STATUS_SETTLED, pb.ROUND_STATUS_EXPIRED, limit=60)
    assert chain.round(round_id).status == pb.ROUND_STATUS_SETTLED
    group.block(3)
    assert chain.round(round_id).release_shares == 3


def delivered(group: Nodes) -> set[int]:
    """The members whose shares of the self-test the chain has."""
    found = [Decided.FromString(data) for _, data in group.committed().iterate(keys.DECIDED)]
    return {member for record in found for member in range(4) if has_delivered(record, member)}


def test_a_member_whose_votes_are_late_delivers_its_shares_after_the_others_have_decided(nodes: Make) -> None:
    """It is paid for them."""
    group = nodes(4)
    group.nodes[3].late = True
    group.make_key()
    assert delivered(group) == {0, 1, 2}
    group.block(LATE_BLOCKS)
    assert delivered(group) == {0, 1, 2, 3}
    assert [share_messages(node) for node in group.nodes] == [0, 0, 0, 1]
    group.block(LATE_BLOCKS)
    assert share_messages(group.nodes[3]) == 1
    assert group.refused == []


def test_a_member_without_a_vote_delivers_its_shares_after_the_others_have_decided(nodes: Make) -> None:
    group = nodes(4)
    group.nodes[3].votes = False
    group.key(pb.KEY_STATUS_SELF_TEST)
    group.keep_out()
    group.make_key()
    group.block(PATIENCE_BLOCKS)
    assert delivered(group) == {0, 1, 2, 3}


def test_a_member_whose_vote_was_late_once_does_not_send_its_shares_as_messages(nodes: Make) -> None:
    group = nodes(1)
    (node,) = group.nodes
    group.key(pb.KEY_STATUS_SELF_TEST)
    while not list(openings.awaited(group.committed(), node.validator)):
        group.block()
    node.late = True
    group.block()
    node.late = False
    group.make_key()
    assert share_messages(node) == 0


def test_a_member_that_was_not_asked_for_a_vote_does_not_send_its_shares_as_messages(nodes: Make) -> None:
    group = nodes(1)
    group.key(pb.KEY_STATUS_SELF_TEST)
    group.nodes[0].votes = False
    group.block(PATIENCE_BLOCKS + 3)
    assert share_messages(group.nodes[0]) == 0


def test_no_share_is_given_of_a_ciphertext_the_chain_did_not_record(nodes: Make, monkeypatch: Any) -> None:
    group = nodes(1)
    group.key(pb.KEY_STATUS_SELF_TEST)
    node = group.nodes[0]
    node.votes = False
    group.block()
    right = node.scheduler.c1

    async def wrong(view: Any, job: Any) -> Any:
        found = (await right(view, job)).copy()
        found[0, 0] ^= 1
        return found

    node.runtime._shares._known.clear()
    monkeypatch.setattr(node.scheduler, "c1", wrong)
    view = group.committed()
    assert list(openings.awaited(view, node.validator))
    assert group.run(node.runtime.extension(view, group.chain.height)) == b""


def first_length(group: Nodes) -> AwaitedShare:
    """Open a round and execute blocks until a length of its reference is awaited of the first node."""
    Live(group).open_round(direction(1))  # type: ignore[arg-type]
    for _ in range(9):
        for item in openings.awaited(group.committed(), group.nodes[0].validator):
            if item.kind == pb.OPENING_KIND_LENGTH:
                return item
        group.block()
    raise AssertionError("no length was asked for")


def answers(group: Nodes, node: Node, *items: AwaitedShare) -> list[bytes | None]:
    found = group.run(node.runtime._shares.get(group.committed(), items, len(items)))
    return [found.get(item.opening) for item in items]


def test_no_second_mask_is_had_by_asking_again_elsewhere_later_or_of_a_copied_home(
    nodes: Make, run: Run[Any], tmp_path: Path
) -> None:
    group = nodes(4)
    item, node = first_length(group), group.nodes[0]
    (share,) = answers(group, node, item)
    assert share is not None
    again = [replace(item, opening=opening) for opening in (item.opening + 500, 2**40)]
    assert answers(group, node, *again) == [share] * 2

    shutil.copytree(node.home, tmp_path / "copy")
    copied = Node(tmp_path / "copy", node.validator, node.pool)
    assert answers(group, copied, item) == [share]
    run(copied.runtime.close())

    run(node.runtime.close())
    node.start()
    assert answers(group, node, item) == [share]


def test_no_second_mask_is_had_by_asking_for_another_kind_of_scalar(nodes: Make) -> None:
    group = nodes(4)
    item, node = first_length(group), group.nodes[0]
    (share,) = answers(group, node, item)
    norm = replace(item, kind=pb.OPENING_KIND_NORM)
    assert answers(group, node, norm) == [None]
    assert answers(group, node, replace(item, opening=item.opening + 500), norm) == [share, None]


def test_a_key_has_no_share_under_another_keys_seeds(nodes: Make) -> None:
    group = nodes(4, key_pool=2)
    item, node = first_length(group), group.nodes[0]
    other = next(key.id for key in group.all_keys() if key.id != item.key_id)
    (share,), (elsewhere,) = answers(group, node, item), answers(group, node, replace(item, key_id=other))
    assert share is not None
    assert elsewhere != share


def test_commits_are_followed_in_the_background_and_the_last_one_counts(nodes: Make, run: Run[Any]) -> None:
    group = nodes(1)
    group.chain.end_block()

    async def follow() -> None:
        runtime = group.nodes[0].runtime
        for height in range(1, 50):
            runtime.committed(group.committed(), height)
        assert runtime._task is not None
        await runtime._task

    run(follow())
    assert len(group.nodes[0].sent) == 1


def test_shares_that_were_sent_and_missed_are_counted(nodes: Make) -> None:
    group = nodes(4)
    absent = group.nodes[3]
    absent.votes = False
    group.make_key()  # its self-test is opened by the other three
    group.block()
    others = [node.runtime.tally for node in group.nodes[:3]]
    assert all(tally.in_votes and not tally.missed for tally in others)
    assert absent.runtime.tally.in_votes == 0
    assert absent.runtime.tally.missed == 1
