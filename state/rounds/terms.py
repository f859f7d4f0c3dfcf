"""What an owner may ask for when it opens a round."""

from __future__ import annotations

from assay.crypto import leakage, presets
from assay.crypto.ckks.payload import payload_bytes
from assay.crypto.committee.sealed_box import is_exchange_key
from assay.crypto.errors import PresetError
from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import KEY_STATUS_READY, Key, ModelRecord, Params
from assay.proto.tx_pb2 import MsgOpenRound
from assay.state import ledger
from assay.state.ceremony import pool
from assay.state.context import Context
from assay.state.rules import keys, windows
from assay.state.rules.errors import (
    BadRoundTerms,
    InsufficientFunds,
    KeyNotReady,
    ModelNotFound,
    NoCommittee,
    NotModelOwner,
    WindowTooShort,
)
from assay.state.rules.models import parameter_count


def check_form(message: MsgOpenRound, params: Params) -> None:
    """Refuse terms outside the chain's parameters.

    Raises
    ------
    BadRoundTerms
        With a sentence that names the term, what was given and what is admitted.
    """
    _between(message, "min_contributors", params.min_contributors, params.max_contributors)
    _between(message, "max_contributors", message.min_contributors, params.max_contributors)
    _between(message, "bounty", params.min_bounty, ledger.MAX_SUPPLY)
    _between(message, "deposit", params.min_deposit, ledger.MAX_SUPPLY)
    least_fee = params.min_scoring_fee * message.max_contributors
    _between(message, "scoring_fee", least_fee, ledger.MAX_SUPPLY)
    for window in ("commit_window", "reveal_window", "scoring_window"):
        _between(message, window, 1, params.max_window)
    if not is_exchange_key(message.owner_public_key):
        raise BadRoundTerms("owner_public_key must be an X25519 public key of 32 bytes, not of small order")


def _between(message: MsgOpenRound, term: str, least: int, most: int) -> None:
    value = getattr(message, term)
    if not least <= value <= most:
        raise BadRoundTerms(f"{term} is {value}, this chain admits {least} to {most}")


def check_state(ctx: Context, sender: bytes, message: MsgOpenRound) -> tuple[Key, int]:
    """Refuse terms that the state does not admit; return the key, and the ciphertexts in each payload.

    Raises
    ------
    KeyNotReady, NoCommittee, ModelNotFound, NotModelOwner, BadRoundTerms, WindowTooShort, InsufficientFunds
        The payload itself is not looked at.
    """
    key = _ready_key(ctx, message.key_id)
    model = ctx.view.load(ModelRecord, keys.model(message.model_id)) if len(message.model_id) == 32 else None
    if model is None:
        raise ModelNotFound("no model has this id; post the model first")
    if model.owner != sender:
        raise NotModelOwner("only the account that posted a model can open a round for it")
    preset = by_wire_id(key.preset)
    ciphertexts = preset.ciphertexts_for(parameter_count(model.model))
    _check_sizes(ctx.params, key, message, ciphertexts)
    needed = message.bounty + message.scoring_fee
    held = ledger.account(ctx.view, sender).balance
    if held < needed:
        raise InsufficientFunds(f"bounty and scoring fee are {needed} uasy, the account holds {held}")
    return key, ciphertexts


def _ready_key(ctx: Context, key_id: int) -> Key:
    key = ctx.view.load(Key, keys.committee_key(key_id))
    if key is None or key.status != KEY_STATUS_READY:
        if reason := pool.blocked(ctx):
            raise NoCommittee(f"no round can open now: {reason}")
        raise KeyNotReady(f"key {key_id} is not ready to serve a round; name one that is, or wait for one")
    if key.preset != ctx.params.preset:
        raise KeyNotReady(f"key {key_id} is of another preset than the chain's now")
    return key


def _check_sizes(params: Params, key: Key, message: MsgOpenRound, ciphertexts: int) -> None:
    preset, most = by_wire_id(key.preset), message.max_contributors
    if ciphertexts > params.max_ciphertexts:
        raise BadRoundTerms(
            f"the model needs {ciphertexts} ciphertexts, at most {params.max_ciphertexts} are admitted"
        )
    try:
        presets.check(preset, len(key.members), most, ciphertexts)
        leakage.check(preset, len(key.members), most, ciphertexts)
    except PresetError as error:
        raise BadRoundTerms(str(error)) from None
    reveal = windows.least_reveal_window(params, most, payload_bytes(preset, ciphertexts))
    scoring = windows.least_scoring_window(params, most, ciphertexts)
    for term, least in (("reveal_window", reveal), ("scoring_window", scoring)):
        if getattr(message, term) < least:
            raise WindowTooShort(
                f"{term} is {getattr(message, term)} blocks, {most} contributors need {least}"
            )
