"""A data owner's way through a round: train, encrypt, commit, wait, reveal, wait.

Salt, reserve and payload are on disk before the commitment is sent, and stay
there until the round has ended, so that the work goes on after a crash or a
sleep. Whoever loses them loses the deposit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assay.client.client import Client
from assay.client.encryption import encrypt_contribution, fetch_key
from assay.client.errors import ClientError, NodeUnreachable, Refused
from assay.client.explain import round_word
from assay.client.home import Home, HomeError
from assay.client.messages import commit, reveal
from assay.client.phases import doing_until
from assay.client.progress import aside
from assay.client.records import NoSuchRecord
from assay.client.timing import measure
from assay.client.train.sgd import update
from assay.client.train.table import load
from assay.crypto.accounts import Account, encode_address
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Round
from assay.proto.tx_pb2 import Message
from assay.state.rules.commitment import SALT_BYTES, commitment, payload_digest
from assay.state.rules.errors import (
    AssayError,
    RevealWaiting,
    WorkerUnavailable,
)
from assay.state.rules.params import LEAST_PAID

_DIRECTORY: Final = "contributions"
_VERSION: Final = 1
_SEND_AGAIN: Final[dict[type[AssayError] | None, str]] = {
    RevealWaiting: "an earlier reveal waits for its block already; looking again with the next one",
    WorkerUnavailable: "the node could not verify its proof just now; sending it again with the next block",
}
"""Refusals of a reveal that may be others with the next block."""

Report = Callable[[str], None]
"""Takes a sentence about what happens now."""


class CannotContribute(ClientError):
    """The round does not take this contribution; the message says why."""


@dataclass(frozen=True)
class Prepared:
    """A contribution as it is kept until the round has ended.

    Attributes
    ----------
    chain_id, round_id, sender
        Which round on which chain, and the sender's 20-byte address.
    salt
        32 random bytes.
    reserve
        The least accepted, in uasy.
    payload
        The encrypted update.
    """

    chain_id: str
    round_id: int
    sender: bytes
    salt: bytes
    reserve: int
    payload: bytes

    @property
    def commitment(self) -> bytes:
        """The hash that is sent first."""
        digest = payload_digest(self.payload)
        return commitment(self.round_id, self.sender, self.salt, digest, self.reserve)


# --- on disk -----------------------------------------------------------------


def _stem(chain_id: str, round_id: int, sender: bytes) -> str:
    return f"{chain_id.encode().hex()}-{round_id}-{encode_address(sender)}"


def save(home: Home, prepared: Prepared) -> None:
    """Write a contribution: the payload first, then the file that names it."""
    stem = _stem(prepared.chain_id, prepared.round_id, prepared.sender)
    home.write(_DIRECTORY, stem + ".payload", prepared.payload)
    document = {
        "version": _VERSION,
        "chain_id": prepared.chain_id,
        "round": prepared.round_id,
        "sender": encode_address(prepared.sender),
        "salt": prepared.salt.hex(),
        "reserve": prepared.reserve,
        "payload": payload_digest(prepared.payload).hex(),
    }
    home.write_json(_DIRECTORY, stem + ".json", document)


def load_saved(home: Home, chain_id: str, round_id: int, sender: bytes) -> Prepared | None:
    """Return a kept contribution, or None if there is none.

    Raises
    ------
    HomeError
        If its files are damaged.
    """
    stem = _stem(chain_id, round_id, sender)
    document: dict[str, Any] | None = home.read_json(_DIRECTORY, stem + ".json")
    if document is None:
        return None
    payload = home.read(_DIRECTORY, stem + ".payload") or b""
    try:
        salt, reserve = bytes.fromhex(document["salt"]), int(document["reserve"])
        good = document["version"] == _VERSION and document["payload"] == payload_digest(payload).hex()
    except (KeyError, TypeError, ValueError):
        salt, reserve, good = b"", 0, False
    if not good or len(salt) != SALT_BYTES:
        raise HomeError(f"{home.path / _DIRECTORY / stem}.json and its payload do not belong together")
    return Prepared(chain_id, round_id, sender, salt, reserve, payload)


def forget(home: Home, prepared: Prepared) -> None:
    """Delete a contribution's files: its round has ended."""
    stem = _stem(prepared.chain_id, prepared.round_id, prepared.sender)
    home.remove(_DIRECTORY, stem + ".json")
    home.remove(_DIRECTORY, stem + ".payload")


# --- before the commitment ---------------------------------------------------


async def prepare(
    client: Client, sender: bytes, round_id: int, path: Path, target: str | None, reserve: int, report: Report
) -> Prepared:
    """Train on a CSV file, encrypt the update under the round's key, and return what is to be kept.

    Raises
    ------
    CannotContribute
        If the round takes no commitment of this account.
    TrainingError
        If the data do not fit the model, or training is not possible here.
    """
    record = (await client.query.round(round_id)).value
    _check_open(record, sender)
    if record.min_contributors < LEAST_PAID:
        few = f"this round may pay fewer than {LEAST_PAID}"
        report(f"{few}; its owner may then see your update in the released sum")
    model = (await client.query.model(record.model_id)).value.model
    data = await aside(load, path, model, target)
    for note in data.notes:
        report(note)
    report(f"training on {len(data.y)} rows")
    change = await aside(update, model, data)
    report(f"encrypting {len(change)} parameters")
    key = await fetch_key(client, record.key_id)
    payload = await aside(encrypt_contribution, key, change, round_id, sender)
    salt = secrets.token_bytes(SALT_BYTES)
    return Prepared(await client.chain_id(), round_id, sender, salt, reserve, payload)


def _check_open(record: Round, sender: bytes) -> None:
    if record.owner == sender:
        raise CannotContribute("the owner of a round may not contribute to it")
    if record.status not in (pb.ROUND_STATUS_PENDING, pb.ROUND_STATUS_OPEN):
        raise CannotContribute(f"round {record.id} takes no commitments any more: it is {round_word(record)}")
    if record.committed >= record.max_contributors:
        raise CannotContribute(f"round {record.id} has its {record.max_contributors} contributors")


# --- through the round -------------------------------------------------------


async def carry_through(
    client: Client, account: Account, home: Home, prepared: Prepared, report: Report
) -> tuple[Round, Contribution]:
    """Commit, reveal and wait for the end, from wherever the contribution stands; then forget it.

    Returns
    -------
    tuple of Round, Contribution
        Their final records.

    Raises
    ------
    CannotContribute
        If the round went on without this contribution.
    """
    record = await _until(client, prepared.round_id, (pb.ROUND_STATUS_PENDING,), report)
    item = await _ours(client, prepared)
    if item is None:
        item = await _commit(client, account, prepared, record, report)
    waiting = (pb.ROUND_STATUS_PENDING, pb.ROUND_STATUS_OPEN)
    record = await _until(client, prepared.round_id, waiting, report)
    if record.status == pb.ROUND_STATUS_REVEAL and item.status == pb.CONTRIBUTION_STATUS_COMMITTED:
        await _reveal(client, account, prepared, report)
    going = (*waiting, pb.ROUND_STATUS_REVEAL, pb.ROUND_STATUS_SCORING)
    record = await _until(client, prepared.round_id, going, report)
    final = (await client.query.contribution(prepared.round_id, prepared.sender)).value
    forget(home, prepared)
    return record, final


async def _commit(
    client: Client, account: Account, prepared: Prepared, record: Round, report: Report
) -> Contribution:
    _check_open(record, prepared.sender)
    report("committing")
    message = commit(prepared.round_id, prepared.commitment)
    item = await _deliver(client, account, prepared, message, lambda _: True)
    if item is None:
        raise CannotContribute("the commitment did not get into the round; run it again with --resume")
    return item


async def _reveal(client: Client, account: Account, prepared: Prepared, report: Report) -> None:
    report(f"revealing {len(prepared.payload):,} encrypted bytes")
    message = reveal(prepared.round_id, prepared.salt, prepared.reserve, prepared.payload)
    while True:  # the window ends this at the latest
        try:
            await _deliver(client, account, prepared, message, lambda item: item.revealed_height > 0)
        except Refused as error:
            if error.reason not in _SEND_AGAIN:
                raise
            report(_SEND_AGAIN[error.reason])
        else:
            return


async def _deliver(
    client: Client,
    account: Account,
    prepared: Prepared,
    message: Message,
    is_in: Callable[[Contribution], bool],
) -> Contribution | None:
    """Send a message and return our contribution after it; a refusal counts unless an earlier run's is in.

    That one may get into a block at any moment, and take the round into its next phase with it. The chain may
    then refuse ours for any reason, so that only our record tells.
    """
    try:
        result = await (await client.send(account, [message])).wait()
    except Refused:
        item = await _ours_after(client, prepared, await client.blocks.height())
        if item is None or not is_in(item):
            raise
        return item
    return await _ours_after(client, prepared, result.height)


async def _ours_after(client: Client, prepared: Prepared, height: int) -> Contribution | None:
    await client.blocks.until(height + 1)  # then the state after `height` can be proven
    return await _ours(client, prepared)


async def _ours(client: Client, prepared: Prepared) -> Contribution | None:
    try:
        item = (await client.query.contribution(prepared.round_id, prepared.sender)).value
    except NoSuchRecord:
        return None
    if item.commitment != prepared.commitment:
        raise CannotContribute(
            f"{encode_address(prepared.sender)} has committed another update to this round; "
            "only that run's files can reveal it"
        )
    return item


async def _until(client: Client, round_id: int, statuses: Sequence[int], report: Report) -> Round:
    """Wait while the round is in one of `statuses`; tell of every change."""
    told = None
    async with aclosing(client.blocks.follow()) as heights:
        async for _ in heights:
            try:
                record = (await client.query.round(round_id)).value
                if record.status not in statuses:
                    return record
                if record.status != told:
                    report(f"round {round_id}: {doing_until(record, await measure(client))}")
                    told = record.status
            except NodeUnreachable:
                continue  # it may be restarting; follow() says when it stays away
    raise AssertionError("follow() does not end")
