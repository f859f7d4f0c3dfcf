"""Opening the sum of a round's paid updates, and going along it: the owner's side of a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.client.bounty import SECRETS
from assay.client.client import Client
from assay.client.encryption import key_name
from assay.client.errors import ClientError
from assay.client.explain import round_word
from assay.client.home import Home, HomeError
from assay.client.messages import acknowledge_release
from assay.client.train import evaluate
from assay.client.train.manifest import weights
from assay.client.train.table import DataSet
from assay.client.waiting import TxResult
from assay.crypto.accounts import Account
from assay.crypto.ckks.packing import unpack
from assay.crypto.committee import release, sealed_box
from assay.crypto.committee.decoding import Undecided
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Key, ModelRecord, Round
from assay.state.rules import keys
from assay.state.rules.models import parameter_count

Floats = NDArray[np.float64]


class CannotCollect(ClientError):
    """The round's sum cannot be opened; the message says why."""


@dataclass(frozen=True)
class Collected:
    """The released sum, applied.

    Attributes
    ----------
    total
        Sum of the paid contributors' normalised updates, shape (parameters,).
    step
        How far to go along it: the step with the least loss on the owner's held-out data.
    parameters
        The new weights.
    loss_before, loss_after, score_before, score_after
        On the held-out data.
    wrong_members
        Committee members whose share did not fit the others'.
    """

    total: Floats
    step: float
    parameters: Floats
    loss_before: float
    loss_after: float
    score_before: float
    score_after: float
    wrong_members: tuple[int, ...]


async def open_sum(client: Client, home: Home, round_id: int) -> tuple[Model, Floats, tuple[int, ...]]:
    """Open a round's released sum; returns model, sum and the members whose shares were wrong.

    Raises
    ------
    CannotCollect
        If the round has not paid, its release is over or not complete, or the secret is not in the home.
    """
    record = (await client.query.round(round_id)).value
    secret = _secret_of(home, record)
    _check_released(record)
    key = (await client.query.key(record.key_id)).value
    model: ModelRecord = (await client.query.model(record.model_id)).value
    boxes = await _boxes(client, record, key)
    name = key_name(await client.chain_id(), key)
    signing = {number: member.signing_key for number, member in enumerate(key.members)}
    rows, wrong = [], set[int]()
    for slot in range(record.ciphertexts):
        found = release.collect(name, slot, boxes.get(slot, {}), secret, signing)
        if isinstance(found, Undecided):
            raise CannotCollect(_not_complete(record, key, found))
        rows.append(found.value)
        wrong.update(found.wrong)
    total = unpack(np.stack(rows), parameter_count(model.model), name.preset)
    return model.model, total, tuple(sorted(wrong))


def apply_sum(model: Model, total: Floats, wrong: tuple[int, ...], data: DataSet) -> Collected:
    """Go along the sum as far as the held-out loss falls."""
    before = weights(model)
    step = evaluate.line_search(model, before, total, data)
    after = before + step * total
    return Collected(
        total=total,
        step=step,
        parameters=after,
        loss_before=evaluate.loss(model, before, data),
        loss_after=evaluate.loss(model, after, data),
        score_before=evaluate.score(model, before, data),
        score_after=evaluate.score(model, after, data),
        wrong_members=wrong,
    )


async def acknowledge(client: Client, account: Account, round_id: int) -> TxResult:
    """Tell the chain that the sum is opened, so that it may drop the bytes and the committee its key."""
    return await (await client.send(account, [acknowledge_release(round_id)])).wait()


def _secret_of(home: Home, record: Round) -> bytes:
    document: dict[str, Any] | None = home.read_json(SECRETS, record.owner_public_key.hex() + ".json")
    if document is None:
        raise CannotCollect(
            f"the secret that opens round {record.id}'s sum is not in {home.path / SECRETS}; it is where the "
            "round was opened: copy that file here, or run the command there"
        )
    try:
        secret = bytes.fromhex(document["secret"])
        if sealed_box.public_key(secret) == record.owner_public_key:
            return secret
    except (KeyError, TypeError, ValueError):
        pass
    raise HomeError(
        f"the secret of round {record.id} in {home.path / SECRETS} is damaged: restore that file from a "
        "backup"
    )


def _check_released(record: Round) -> None:
    if record.status != pb.ROUND_STATUS_SETTLED:
        raise CannotCollect(f"round {record.id} is {round_word(record)}; only a paid bounty releases a sum")
    if not record.deadline:
        raise CannotCollect(f"the released sum of round {record.id} is no longer kept by the chain")


async def _boxes(client: Client, record: Round, key: Key) -> dict[int, dict[int, bytes]]:
    """Return the sealed shares, by ciphertext of the sum and by member."""
    found: dict[int, dict[int, bytes]] = {}
    for place, slot in await client.query.slots(record.key_id, tx_pb2.COMMITTEE_PHASE_RELEASE):
        member, number = keys.parse_slot(place)
        if member >= len(key.members):
            continue
        box = await client.query.bulk(keys.release_scope(record.id), slot.digest)
        found.setdefault(number, {})[member] = box
    return found


def _not_complete(record: Round, key: Key, found: Undecided) -> str:
    return (
        f"{found.received} of {len(key.members)} members have sent their share of round {record.id}'s sum, "
        f"{found.needed} must agree; try again in a few blocks (they are kept until height {record.deadline})"
    )
