"""Proposers and validators agree, and nothing a hostile one does halts a node; see `agreement`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.node.shell import agreement
from tests.node.shell.test_shell import Node

from assay.crypto.accounts import Account
from assay.proto import abci_pb2 as abci
from assay.proto.tx_pb2 import CommitExtensions, MemberExtension
from assay.state.envelope import decode_extensions
from assay.state.extensions import sign_bytes
from assay.state.rules.errors import BadExtensions


def test_generated_cases_are_agreed_about(tmp_path: Path) -> None:
    reach = agreement.run(tmp_path, range(300))
    assert reach["cases"] == 300
    for what in ("extensions", "entries"):
        assert 0.3 < reach[f"{what} that parse"] / reach[what] < 0.98
    assert reach["proposals with extensions"] > 150
    assert reach["hostile blocks accepted"] > 30


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_ten_thousand_cases_are_agreed_about_and_reach_every_branch() -> None:
    reach, branches = agreement.measured(10_000)
    assert reach["cases"] == 10_000
    for name in ("node/shell/proposal.py", "state/extensions.py", "proto/canonical.py"):
        taken, there = branches[name]
        assert there - taken <= 2, name


GOOD = agreement.one_run(7, bytes(32))
FIRST, SECOND, _, _, SEATLESS = agreement.VALIDATORS


def signed(by: Account, data: bytes, height: int = 2, commit_round: int = 0) -> bytes:
    return by.sign(sign_bytes(agreement.CHAIN_ID, height, commit_round, data))


HOSTILE = {
    "garbage": (FIRST, b"\xff" * 40, signed(FIRST, b"\xff" * 40)),
    "oversized": (FIRST, bytes(5000), signed(FIRST, bytes(5000))),
    "too many shares": (
        FIRST,
        agreement.one_run(1, bytes(16 * 249)),
        signed(FIRST, agreement.one_run(1, bytes(16 * 249))),
    ),
    "replayed from another height": (FIRST, GOOD, signed(FIRST, GOOD, height=1)),
    "of another round": (FIRST, GOOD, signed(FIRST, GOOD, commit_round=3)),
    "by an outsider": (agreement.OUTSIDER, GOOD, signed(agreement.OUTSIDER, GOOD)),
    "under another's name": (FIRST, GOOD, signed(SECOND, GOOD)),
    "without a signature": (FIRST, GOOD, b""),
}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = await agreement.node_at_two(tmp_path)
    yield made
    await made.close()


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_extension_is_left_out_rejected_and_counts_as_nothing(node: Node, kind: str) -> None:
    hostile = HOSTILE[kind]
    info = abci.ExtendedCommitInfo()
    for validator, data, signature in (hostile, (SECOND, GOOD, signed(SECOND, GOOD))):
        agreement.vote(info, validator, data, signature)
    made = agreement.Agreement(node.app, 3)
    block = await made.prepare(agreement.Commit(info, {}), [], 10**6)
    (member,) = decode_extensions(block[0], 10**6).members
    assert member.validator == SECOND.address

    parts = [
        MemberExtension(validator=validator.address, extension=data, signature=signature)
        for validator, data, signature in (hostile, (SECOND, GOOD, signed(SECOND, GOOD)))
    ]
    parts.sort(key=lambda part: part.validator)
    injected = CommitExtensions(height=2, round=0, members=parts).SerializeToString(deterministic=True)
    last = agreement.Commit(info, {})
    assert not await made.accepts([injected], last)
    (result,) = await made.finalize([injected], last)
    assert (result.codespace, result.code) == ("committee", BadExtensions.code)


async def test_an_extension_that_comes_twice_is_carried_once(node: Node) -> None:
    info = abci.ExtendedCommitInfo()
    for _ in range(2):
        agreement.vote(info, FIRST, GOOD, signed(FIRST, GOOD))
    made, last = agreement.Agreement(node.app, 3), agreement.Commit(info, {})
    block = await made.prepare(last, [], 10**6)
    assert len(decode_extensions(block[0], 10**6).members) == 1
    assert await made.accepts(block, last)


async def test_a_validator_without_a_seat_is_not_carried_and_harms_nobody_who_carries_it(node: Node) -> None:
    info = abci.ExtendedCommitInfo()
    agreement.vote(info, SEATLESS, GOOD, signed(SEATLESS, GOOD))
    made, last = agreement.Agreement(node.app, 3), agreement.Commit(info, {})
    assert await made.prepare(last, [], 10**6) == []
    part = MemberExtension(validator=SEATLESS.address, extension=GOOD, signature=signed(SEATLESS, GOOD))
    injected = CommitExtensions(height=2, round=0, members=[part]).SerializeToString(deterministic=True)
    assert await made.accepts([injected], last)
    (result,) = await made.finalize([injected], last)
    assert result.code == 0


async def test_a_commit_without_extensions_halts_nothing(node: Node) -> None:
    info = abci.ExtendedCommitInfo()
    agreement.vote(info, FIRST, b"", b"", abci.BLOCK_ID_FLAG_ABSENT)
    agreement.vote(info, SECOND, b"", b"")
    made, last = agreement.Agreement(node.app, 3), agreement.Commit(info, {})
    assert await made.prepare(last, [], 10**6) == []
    assert await made.accepts([], last)


async def test_extensions_that_do_not_fit_are_left_out(node: Node) -> None:
    info = abci.ExtendedCommitInfo()
    agreement.vote(info, FIRST, GOOD, signed(FIRST, GOOD))
    made, last = agreement.Agreement(node.app, 3), agreement.Commit(info, {})
    assert await made.prepare(last, [], 100) == []
    assert len(await made.prepare(last, [], 1000)) == 1
