"""A model owner's way: open a round with a bounty."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from assay.client.client import Client
from assay.client.encryption import encrypt_reference, fetch_key
from assay.client.errors import ClientError, Refused
from assay.client.home import Home
from assay.client.messages import open_round
from assay.client.progress import aside
from assay.client.train.manifest import Floats
from assay.client.train.sgd import update
from assay.client.train.table import DataSet
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account
from assay.crypto.ckks.payload import payload_bytes
from assay.crypto.committee import sealed_box
from assay.crypto.presets import Preset, by_wire_id
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.model_pb2 import Model
from assay.proto.state_pb2 import Params
from assay.state.rules import windows
from assay.state.rules.errors import KeyNotReady
from assay.state.rules.models import parameter_count

Report = Callable[[str], None]

SECRETS: Final = "rounds"
"""Directory of the home with the secrets that open released sums, each named by its public key."""
_KEY_TRIES: Final = 8
_KEY_PATIENCE: Final = 60
"""Blocks to wait for a key; a ceremony without disturbance takes about ten."""
_CONTRIBUTORS: Final = 16
_COMMIT_WINDOW: Final = 300


class CannotOpen(ClientError):
    """The round cannot be opened now; the message says why."""


@dataclass(frozen=True)
class Terms:
    """What an owner asks for. None takes the least, or a usual value, by the chain's parameters.

    Attributes
    ----------
    bounty, scoring_fee, deposit
        In uasy.
    min_contributors, max_contributors
        Bounds of the round's size.
    commit_window, reveal_window, scoring_window
        In blocks.
    """

    bounty: int
    scoring_fee: int | None = None
    deposit: int | None = None
    min_contributors: int | None = None
    max_contributors: int | None = None
    commit_window: int | None = None
    reveal_window: int | None = None
    scoring_window: int | None = None


# --- opening -----------------------------------------------------------------


async def open_bounty(
    client: Client, account: Account, home: Home, model_id: bytes, data: DataSet, terms: Terms, report: Report
) -> tuple[int, TxResult]:
    """Open a round; returns its id and the transaction's result.

    The reference update is computed on `data`, the owner's held-out data. The
    secret that opens the released sum is on disk before anything is sent, and
    stays there. If somebody else takes the key first, another one is tried,
    unless the node that says so is not believed.

    Raises
    ------
    CannotOpen
        If no committee key is ready.
    TrainingError
        If the reference cannot be computed.
    """
    model, reference = await _reference(client, model_id, data, report)
    taken = set[int]()
    for attempt in range(_KEY_TRIES):
        key_id = await ready_key(client, report, taken)
        message = await terms_message(client, model_id, model, key_id, terms)
        key = await fetch_key(client, key_id)
        message.reference = await aside(encrypt_reference, key, reference, account.address)
        message.owner_public_key = _new_secret(home)
        report(f"opening a round under committee key {key_id}")
        try:
            result = await (await client.send(account, [open_round(message)])).wait()
        except Refused as error:  # the secret is kept: a node may say so of what is in a block all the same
            if error.reason is not KeyNotReady or not client.believes_node or attempt == _KEY_TRIES - 1:
                raise
            report("somebody else was faster to take that key; trying another one")
            taken.add(key_id)
            continue
        return _opened_id(result), result
    raise AssertionError("the last attempt returns or raises")


async def rehearse(
    client: Client, model_id: bytes, data: DataSet, terms: Terms, report: Report
) -> tx_pb2.MsgOpenRound:
    """Do what opening a round begins with, up to taking a key; return the message as far as it is known then.

    Raises
    ------
    TrainingError
        If the reference cannot be computed.
    """
    model, _ = await _reference(client, model_id, data, report)
    return await terms_message(client, model_id, model, 0, terms)


async def _reference(client: Client, model_id: bytes, data: DataSet, report: Report) -> tuple[Model, Floats]:
    """Return the model, and the update that the held-out data ask for."""
    model = (await client.query.model(model_id)).value.model
    report(f"computing the reference update on {len(data.y)} held-out rows")
    return model, await aside(update, model, data)


async def ready_key(client: Client, report: Report, taken: Collection[int] = ()) -> int:
    """Return the id of a committee key that can serve a round; wait while the committee makes one.

    Any of those that are ready, so that owners who open rounds at the same time rarely want the same one.

    Parameters
    ----------
    client
        The connection.
    report
        Told when there is something to wait for.
    taken
        Keys not to return, whatever their records say.

    Raises
    ------
    CannotOpen
        If there is none in time.
    """
    last = None
    async with aclosing(client.blocks.follow()) as heights:
        async for height in heights:
            ready = await _ready_keys(client, taken)
            if ready:
                return secrets.choice(ready)
            if last is None:
                report("waiting for the committee to make a key")
                last = height + _KEY_PATIENCE
            if height >= last:
                break
    note = (await client.query.chain()).key_note
    raise CannotOpen(f"no committee key is ready: {note or 'try again in a few blocks'}")


async def _ready_keys(client: Client, taken: Collection[int]) -> list[int]:
    pool = (await client.query.key_pool()).value
    records = [(await client.query.key(key_id)).value for key_id in pool if key_id not in taken]
    return [record.id for record in records if record.status == pb.KEY_STATUS_READY]


async def terms_message(
    client: Client, model_id: bytes, model: Model, key_id: int, terms: Terms
) -> tx_pb2.MsgOpenRound:
    """Return the message with every term filled in, its reference and the owner's key left out."""
    params = (await client.query.params()).value
    preset = by_wire_id(params.preset)
    ciphertexts = preset.ciphertexts_for(parameter_count(model))
    least = _or(terms.min_contributors, params.min_contributors)
    most = _or(terms.max_contributors, max(least, min(_CONTRIBUTORS, params.max_contributors)))
    reveal, scoring = _least_windows(params, preset, most, ciphertexts)
    return tx_pb2.MsgOpenRound(
        model_id=model_id,
        key_id=key_id,
        bounty=terms.bounty,
        scoring_fee=_or(terms.scoring_fee, params.min_scoring_fee * most),
        deposit=_or(terms.deposit, params.min_deposit),
        min_contributors=least,
        max_contributors=most,
        commit_window=_or(terms.commit_window, min(_COMMIT_WINDOW, params.max_window)),
        reveal_window=_or(terms.reveal_window, reveal),
        scoring_window=_or(terms.scoring_window, scoring),
    )


def _least_windows(params: Params, preset: Preset, contributors: int, ciphertexts: int) -> tuple[int, int]:
    """Return reveal and scoring windows with room to spare above the least the chain admits."""
    reveal = windows.least_reveal_window(params, contributors, payload_bytes(preset, ciphertexts))
    scoring = windows.least_scoring_window(params, contributors, ciphertexts)
    return min(2 * reveal + 20, params.max_window), min(2 * scoring + 20, params.max_window)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _new_secret(home: Home) -> bytes:
    """Draw the X25519 key the sum will be sealed to, keep its secret, return its public part."""
    secret = secrets.token_bytes(sealed_box.KEY_BYTES)
    public = sealed_box.public_key(secret)
    home.write_json(SECRETS, public.hex() + ".json", {"version": 1, "secret": secret.hex()})
    return public


def _opened_id(result: TxResult) -> int:
    for event in result.events:
        if event.kind == "round" and event.attributes.get("what") == "opened":
            return int(event.attributes["id"])
    raise CannotOpen("the transaction is in a block, but the node sent no event of a round opened by it")
