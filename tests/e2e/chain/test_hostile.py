"""Hostile submissions on a real chain: each gets its code, none moves the bounty, and the round goes on."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.e2e.chain import books
from tests.e2e.chain.people import ASY, Bounty, Person, people, post_model, until_status, write_parts
from tests.state.rounds.attacks import REFUSED, Scene
from tests.state.rounds.test_payloads import MALFORMED

from assay.client import Client, Options, TxRefused, messages
from assay.client.bounty import Terms
from assay.client.contribution import Prepared
from assay.client.encryption import EncryptionKey, fetch_key
from assay.client.transactions import PendingTx
from assay.crypto.ckks.packing import pack
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import SMALL
from assay.crypto.proof import Context
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.state.rules import errors

pytestmark = pytest.mark.e2e

BOUNTY, DEPOSIT = 10 * ASY, 100_000
REVEAL_WINDOW = 60
"""Blocks; enough for every attempt below, and then everybody waits for it to end."""
ENOUGH = Options(gas_limit=10**6, fee=10**4)  # given, so that nothing is simulated before it is sent

HONEST = ("honest", "also honest")
SCORED = {"a hundred times too long": 100.0, "twice too long": 2.0}
Prepareds = dict[str, Prepared]


@dataclass(frozen=True)
class Sealer:
    """Encrypts updates of any length for a round, which the client's own function would not do."""

    key: EncryptionKey
    round_id: int

    def scene(self, person: Person, update: NDArray[np.float64], victim: bytes, length: float = 1.0) -> Scene:
        """What a person knows and must prove, and an update of that length."""
        message = pack(np.rint(update * length * SMALL.scale).astype(np.int64), SMALL)
        name, public = self.key.name, (self.key.p0, common_polynomial(self.key.name))
        sender = person.account.address
        bound = Context.submission(name.chain_id, self.round_id, sender, name.key_id, self.key.digest)
        return Scene(public, bound, message, victim)

    def __call__(self, person: Person, update: NDArray[np.float64], length: float = 1.0) -> bytes:
        scene = self.scene(person, update, b"", length)
        return scene.sealed(scene.message)


async def reveal(client: Client, person: Person, prepared: Prepared, memo: str = "") -> PendingTx:
    """Send a reveal without asking the node beforehand what will become of it."""
    part = messages.reveal(prepared.round_id, prepared.salt, prepared.reserve, prepared.payload)
    return await client.send(person.account, [part], replace(ENOUGH, memo=memo))


async def refused(
    client: Client, person: Person, prepared: Prepared, memo: str = ""
) -> type[errors.AssayError] | None:
    """Why the mempool refuses a reveal; None if it takes it."""
    try:
        await reveal(client, person, prepared, memo)
    except TxRefused as refusal:
        return refusal.reason
    return None


async def commit_all(client: Client, crowd: dict[str, Person], prepared: Prepareds) -> None:
    """Everybody but the stranger commits; the round is full then."""

    async def commit(name: str) -> None:
        part = messages.commit(prepared[name].round_id, prepared[name].commitment)
        await crowd[name].send(client, part)

    await asyncio.gather(*(commit(name) for name in prepared if name != "stranger"))


async def opened(
    client: Client, folder: Path, names: Sequence[str]
) -> tuple[Bounty, Round, dict[str, Person], list[Path]]:
    """A round that is full as soon as all the names have committed."""
    owner, *crowd = await people(client, folder, ["owner", *names])
    held_out, *parts = write_parts(folder, [100, 80, 60])
    bounty = await post_model(client, owner, held_out)
    terms = Terms(
        BOUNTY,
        deposit=DEPOSIT,
        min_contributors=2,
        max_contributors=len(names) - 1,  # one of them, the stranger, does not commit
        reveal_window=REVEAL_WINDOW,
    )
    record = await bounty.open(client, terms)
    await until_status(client, record.id, pb.ROUND_STATUS_OPEN)
    return bounty, record, dict(zip(names, crowd, strict=True)), parts


async def test_hostile_reveals_get_their_codes_and_no_bounty(client: Client, tmp_path: Path) -> None:
    names = [*HONEST, *SCORED, "thief", "copyist", "forgetful", *MALFORMED, *REFUSED, "stranger"]
    bounty, record, crowd, parts = await opened(client, tmp_path, names)
    prepared = await prepare_everybody(client, bounty, record, crowd, parts)
    early = [await refused(client, crowd["honest"], prepared["honest"])]
    await commit_all(client, crowd, prepared)
    await until_status(client, record.id, pb.ROUND_STATUS_REVEAL)

    await check_attacks(client, crowd, prepared)
    await check_strangers(client, crowd, prepared)
    await reveal_the_others(client, crowd, prepared)
    await until_status(client, record.id, pb.ROUND_STATUS_SCORING, pb.ROUND_STATUS_SETTLED)
    late = [await refused(client, crowd["forgetful"], prepared["forgetful"])]
    assert (early, late) == ([errors.RevealEarly], [errors.RevealLate])

    await until_status(client, record.id, pb.ROUND_STATUS_SETTLED)
    await check_settlement(client, record.id, crowd)


async def prepare_everybody(
    client: Client, bounty: Bounty, record: Round, crowd: dict[str, Person], parts: list[Path]
) -> Prepareds:
    """What everybody commits to; the stranger has something too."""
    sealed, chain_id = Sealer(await fetch_key(client, record.key_id), record.id), await client.chain_id()
    updates = [bounty.update(path) for path in parts]
    made = {"honest": sealed(crowd["honest"], updates[0])}
    made |= {"copyist": made["honest"], "also honest": sealed(crowd["also honest"], updates[1])}
    made |= {name: sealed(crowd[name], updates[0], length) for name, length in SCORED.items()}
    made |= {name: sealed(crowd[name], updates[1]) for name in ("thief", "forgetful", "stranger")}
    made |= {name: change(made["thief"]) for name, (change, _) in MALFORMED.items()}
    for name, (attack, _) in REFUSED.items():
        made[name] = attack(sealed.scene(crowd[name], updates[0], made["also honest"]))
    return {
        name: Prepared(
            chain_id, record.id, crowd[name].account.address, secrets.token_bytes(32), 0, made[name]
        )
        for name in crowd
    }


async def check_attacks(client: Client, crowd: dict[str, Person], prepared: Prepareds) -> None:
    reasons = {name: reason for name, (_, reason) in [*MALFORMED.items(), *REFUSED.items()]}
    found = await asyncio.gather(*(refused(client, crowd[name], prepared[name]) for name in reasons))
    assert dict(zip(reasons, found, strict=True)) == reasons


async def check_strangers(client: Client, crowd: dict[str, Person], prepared: Prepareds) -> None:
    """Who has no commitment, and whose commitment is to something else."""
    thief, theirs = crowd["thief"], prepared["honest"]
    found = {
        "no commitment": await refused(client, crowd["stranger"], prepared["stranger"]),
        "another's reveal": await refused(client, thief, theirs),
        "another payload": await refused(client, thief, replace(prepared["thief"], payload=theirs.payload)),
        "another reserve": await refused(client, thief, replace(prepared["thief"], reserve=1)),
        "a short salt": await refused(client, thief, replace(prepared["thief"], salt=bytes(31))),
        "another round": await refused(client, thief, replace(prepared["thief"], round_id=10**6)),
    }
    assert found == {
        "no commitment": errors.NoCommitment,
        "another's reveal": errors.CommitmentMismatch,
        "another payload": errors.CommitmentMismatch,
        "another reserve": errors.CommitmentMismatch,
        "a short salt": errors.BadSalt,
        "another round": errors.RoundNotFound,
    }


async def reveal_the_others(client: Client, crowd: dict[str, Person], prepared: Prepareds) -> None:
    """The well-formed reveals; a repetition is refused while the first waits, and when it is in a block."""
    first = await reveal(client, crowd["honest"], prepared["honest"])
    twice = await refused(client, crowd["honest"], prepared["honest"], memo="once more")
    assert twice in (errors.RevealWaiting, errors.AlreadyRevealed), "which of them, the next block decides"
    result = await first.wait()
    await client.blocks.until(result.height + 1)
    assert await refused(client, crowd["honest"], prepared["honest"]) is errors.AlreadyRevealed
    assert await refused(client, crowd["copyist"], prepared["copyist"]) is errors.PayloadCopied
    for name in ("also honest", *SCORED):
        await (await reveal(client, crowd[name], prepared[name])).wait()


async def check_settlement(client: Client, round_id: int, crowd: dict[str, Person]) -> None:
    record, items, explanation = await books.explained(client, round_id)
    await books.check_round_closed(client, record)
    name_of = {person.account.address: name for name, person in crowd.items()}
    found = {name_of[item.sender]: item for item in items}
    assert sum(found[name].amount for name in HONEST) == BOUNTY - explanation.committee
    assert all(found[name].amount > 0 for name in HONEST)
    statuses = {name: item.status for name, item in found.items() if name not in HONEST}
    expected = dict.fromkeys(statuses, pb.CONTRIBUTION_STATUS_NOT_REVEALED)
    expected["a hundred times too long"] = pb.CONTRIBUTION_STATUS_REJECTED_LENGTH
    expected["twice too long"] = pb.CONTRIBUTION_STATUS_REJECTED_NORM
    assert statuses == expected
    assert record.burned == DEPOSIT * len(expected)
    for name, person in crowd.items():
        change = found[name].amount if name in HONEST else 0 if name == "stranger" else -DEPOSIT
        await books.check_person(client, person, change)
