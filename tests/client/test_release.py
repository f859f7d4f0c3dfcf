"""An owner's client and a committee of four of which one has released something else than its share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.state.chain import OWNER_SECRET
from tests.state.conftest import CHAIN_ID
from tests.state.rounds.test_reports import LIAR, RELEASE, Released

from assay.client import Answer, Client
from assay.client.bounty import SECRETS
from assay.client.home import Home
from assay.client.release import LATE_BLOCKS, Progress, open_sum, progress, reports
from assay.crypto.committee.messages import release_size
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.query_pb2 import ChainInfo
from assay.state import faults
from assay.state.ceremony.slots import Awaited
from assay.state.rules import keys


class Reader:
    """Answers the client's questions from a state in memory."""

    def __init__(self, released: Released) -> None:
        self.chain = released.chain

    async def chain_id(self) -> str:
        return CHAIN_ID

    def _answer(self, kind: Any, place: bytes) -> Answer[Any]:
        return Answer(kind.FromString(self.chain.memory.records[place]), self.chain.height, True)

    def client(self, client: Client, patch: pytest.MonkeyPatch) -> Client:
        """Let a client ask here."""

        async def round_(ident: int) -> Answer[Any]:
            return self._answer(pb.Round, keys.round_(ident))

        async def key(ident: int) -> Answer[Any]:
            return self._answer(pb.Key, keys.committee_key(ident))

        async def model(ident: bytes) -> Answer[Any]:
            return self._answer(pb.ModelRecord, keys.model(ident))

        async def slots(key_id: int, phase: int) -> Any:
            found = self.chain.memory.iterate(keys.phase_slots(key_id, phase))
            return [(place, pb.SlotRecord.FromString(data)) for place, data in found]

        async def bulk(scope: bytes, digest: bytes) -> bytes:
            return self.chain.memory.bulk[scope, digest]

        async def named() -> Answer[Any]:
            return Answer(list(faults.listed(self.chain.view)), 0, False)

        async def chain() -> ChainInfo:
            return ChainInfo(height=self.chain.height - 1)

        answers = {"round": round_, "key": key, "model": model, "slots": slots, "bulk": bulk}
        for name, answer in {**answers, "faults": named, "chain": chain}.items():
            patch.setattr(client.query, name, answer)
        patch.setattr(client, "chain_id", self.chain_id)
        return client


@pytest.fixture
def released(tmp_path: Path) -> Released:
    return Released(tmp_path / "committee")


@pytest.fixture
def home(released: Released, tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    public = released.chain.round(released.round_id).owner_public_key
    made.write_json(SECRETS, public.hex() + ".json", {"version": 1, "secret": OWNER_SECRET.hex()})
    return made


@pytest.fixture
async def client(released: Released, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with Client("http://127.0.0.1:1") as made:
        yield Reader(released).client(made, monkeypatch)


async def test_what_a_liar_released_is_proven_to_the_chain_once(
    released: Released, client: Client, home: Home
) -> None:
    released.release(b"\x05\x06\x07", place=16 * 40)
    _, total, wrong = await open_sum(client, home, released.round_id)
    assert wrong == (LIAR,)
    assert np.linalg.norm(total) > 1
    proofs = await reports(client, home, released.round_id)
    assert list(proofs) == [LIAR]
    released.run(proofs[LIAR].report_release)
    assert released.named() == [(LIAR, pb.FAULT_KIND_WRONG_RELEASE_SHARE)]
    assert await reports(client, home, released.round_id) == {}


async def test_nothing_is_reported_of_an_honest_committee(
    released: Released, client: Client, home: Home
) -> None:
    released.release()
    assert await reports(client, home, released.round_id) == {}


async def test_a_box_that_does_not_open_is_told_to_the_owner_and_proves_nothing(
    released: Released, client: Client, home: Home
) -> None:
    committee = released.live.committee
    committee.silent = {LIAR}
    committee.block()
    size = release_size(SMALL)
    committee.send(committee.sign(released.key, LIAR, Awaited(RELEASE, 0, size), bytes(size)))
    released.chain.end_block()
    _, _, wrong = await open_sum(client, home, released.round_id)
    assert wrong == (LIAR,)
    assert await reports(client, home, released.round_id) == {}


async def test_the_progress_of_a_release_tells_who_has_not_sent_and_that_it_is_late(
    released: Released, client: Client
) -> None:
    committee, chain = released.live.committee, released.chain

    async def now() -> Progress:
        return await progress(client, chain.round(released.round_id))

    committee.silent = {1, LIAR}
    committee.block()
    found = await now()
    validators = [seat.validator.hex() for seat in chain.seats]
    assert (list(found.sent), found.needed, found.late) == ([0, 3], 3, False)
    assert found.missing == {1: validators[1], LIAR: validators[LIAR]}
    assert f"2 of 4 members have sent theirs, 3 must agree; not yet: 1 ({validators[1]})" in found.text()
    chain.end_block(LATE_BLOCKS)
    found = await now()
    assert found.late
    assert "late: the payout was" in found.text()
    committee.silent = {LIAR}
    committee.block()
    found = await now()
    assert (list(found.sent), found.late) == ([0, 1, 3], False)
    assert found.plain() == {
        "sent": [0, 1, 3],
        "missing": [{"member": LIAR, "validator": validators[LIAR]}],
        "needed": 3,
        "late": False,
    }
