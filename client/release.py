"""Opening the sum of a round's paid updates, and going along it: the owner's side of a release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assay.client.bounty import SECRETS
from assay.client.client import Client
from assay.client.encryption import key_name
from assay.client.errors import ClientError
from assay.client.explain import round_word
from assay.client.home import Home, HomeError
from assay.client.messages import acknowledge_release, report_release
from assay.client.train import evaluate
from assay.client.train.manifest import weights
from assay.client.train.table import DataSet
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account
from assay.crypto.ckks.packing import unpack
from assay.crypto.committee import evidence, release, sealed_box
from assay.crypto.committee.decoding import Decoded, Undecided
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.release import SignedShare
from assay.crypto.committee.subsets import quorum
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Key, ModelRecord, Round
from assay.proto.tx_pb2 import Message
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


LATE_BLOCKS: Final = 20
"""After so many blocks without 2t + 1 sealed shares a release is called late."""


@dataclass(frozen=True)
class Progress:
    """How far a release is.

    Attributes
    ----------
    sent, missing
        Consensus addresses, in hexadecimal, of the members that have sent all their sealed shares, and of
        the others, by member.
    needed
        How many must agree.
    blocks
        Blocks since the payout.
    """

    sent: dict[int, str]
    missing: dict[int, str]
    needed: int
    blocks: int

    @property
    def late(self) -> bool:
        """Whether the owner has been waiting for longer than is usual."""
        return len(self.sent) < self.needed and self.blocks > LATE_BLOCKS

    def plain(self) -> dict[str, Any]:
        """Return it for a program."""
        missing = [{"member": member, "validator": text} for member, text in self.missing.items()]
        return {"sent": list(self.sent), "missing": missing, "needed": self.needed, "late": self.late}

    def text(self) -> str:
        """Say it in a sentence."""
        count = len(self.sent) + len(self.missing)
        said = f"{len(self.sent)} of {count} members have sent theirs, {self.needed} must agree"
        if self.missing:
            said += "; not yet: " + ", ".join(f"{m} ({text})" for m, text in self.missing.items())
        return said + (f"; late: the payout was {self.blocks} blocks ago" if self.late else "")


def is_running(record: Round) -> bool:
    """Tell whether a round's sum is being released."""
    return record.status == pb.ROUND_STATUS_SETTLED and record.deadline > 0


async def progress(client: Client, record: Round) -> Progress:
    """Return who has sent its sealed shares of a round's sum, unproven."""
    key = (await client.query.key(record.key_id)).value
    slots = await client.query.slots(record.key_id, tx_pb2.COMMITTEE_PHASE_RELEASE)
    count = Counter(keys.parse_slot(place)[0] for place, _ in slots)
    members = {number: member.seat.validator.hex() for number, member in enumerate(key.members)}
    sent = {number: text for number, text in members.items() if count[number] == record.ciphertexts}
    height = (await client.query.chain()).height
    missing = {number: text for number, text in members.items() if number not in sent}
    return Progress(sent, missing, quorum(len(members)), height - record.ended)


async def open_sum(client: Client, home: Home, round_id: int) -> tuple[Model, Floats, tuple[int, ...]]:
    """Open a round's released sum; returns model, sum and the members whose shares were wrong.

    Raises
    ------
    CannotCollect
        If the round has not paid, its release is over or not complete, or the secret is not in the home.
    """
    sealed = await _sealed(client, home, round_id)
    model: ModelRecord = (await client.query.model(sealed.record.model_id)).value
    rows, wrong = [], set[int]()
    for slot in range(sealed.record.ciphertexts):
        found = sealed.collect(slot)
        if isinstance(found, Undecided):
            raise CannotCollect(_not_complete(sealed.record, sealed.key, found))
        rows.append(found.value)
        wrong.update(found.wrong)
    total = unpack(np.stack(rows), parameter_count(model.model), sealed.name.preset)
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


async def reports(client: Client, home: Home, round_id: int) -> dict[int, Message]:
    """Return, by member, messages that prove on chain whose shares are wrong, as far as that can be proven.

    Each shows one number of a member's share, and the same number of 2t + 1 others that agree: one parameter
    of the sum. A box that does not open, or that its member has not signed, proves nothing, and who was named
    for this already is left out.

    Raises
    ------
    CannotCollect
        As `open_sum`.
    """
    sealed, found = await _sealed(client, home, round_id), dict[int, Message]()
    about = (sealed.key.id, pb.FAULT_KIND_WRONG_RELEASE_SHARE)
    faults = (await client.query.faults()).value
    known = {fault.member for fault in faults if (fault.key_id, fault.kind) == about}
    for slot in range(sealed.record.ciphertexts):
        opened = sealed.collect(slot)
        if isinstance(opened, Undecided):
            raise CannotCollect(_not_complete(sealed.record, sealed.key, opened))
        for contradiction in evidence.contradictions(sealed.name, slot, sealed.signed(slot), opened.wrong):
            if contradiction.liar not in known:
                found.setdefault(contradiction.liar, report_release(round_id, contradiction))
    return found


async def acknowledge(
    client: Client, account: Account, round_id: int, proofs: Sequence[Message] = ()
) -> TxResult:
    """Tell the chain that the sum is opened, so that it may drop the bytes and the committee its key.

    Parameters
    ----------
    proofs
        From `reports`: what is proven wrong before the release ends, in the same transaction.
    """
    return await (await client.send(account, [*proofs, acknowledge_release(round_id)])).wait()


@dataclass(frozen=True)
class _Sealed:
    """A release as its owner finds it."""

    record: Round
    key: Key
    name: CommitteeKey
    secret: bytes
    boxes: dict[int, dict[int, bytes]]

    @property
    def _signing_keys(self) -> dict[int, bytes]:
        return {number: member.signing_key for number, member in enumerate(self.key.members)}

    def collect(self, slot: int) -> Decoded[NDArray[np.object_]] | Undecided:
        """Open and combine the boxes of one ciphertext."""
        return release.collect(self.name, slot, self.boxes.get(slot, {}), self.secret, self._signing_keys)

    def signed(self, slot: int) -> dict[int, SignedShare]:
        """Return what members have signed of one ciphertext."""
        return release.open_shares(self.name, slot, self.boxes.get(slot, {}), self.secret, self._signing_keys)


async def _sealed(client: Client, home: Home, round_id: int) -> _Sealed:
    record = (await client.query.round(round_id)).value
    secret = _secret_of(home, record)
    _check_released(record)
    key = (await client.query.key(record.key_id)).value
    boxes = await _boxes(client, record, key)
    return _Sealed(record, key, key_name(await client.chain_id(), key), secret, boxes)


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
    if not is_running(record):
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
