"""What an owner may ask for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.state.chain import BALANCE, Chain, random_payload, small_model

from assay.crypto.presets import STANDARD
from assay.proto import model_pb2
from assay.proto import state_pb2 as pb
from assay.proto.tx_pb2 import MsgPostModel
from assay.state import counters
from assay.state.ceremony import records as key_records
from assay.state.rules import errors, windows
from assay.state.rules.models import model_id

BAD_TERMS: list[dict[str, Any]] = [
    {"min_contributors": 0},
    {"min_contributors": 5},  # above this round's own maximum
    {"max_contributors": 65},
    {"max_contributors": 1},  # below this round's own minimum
    {"bounty": 0},
    {"bounty": 2**63},
    {"deposit": 2**63},
    {"scoring_fee": 2**63},
    {"commit_window": 0},
    {"reveal_window": 0},
    {"scoring_window": 0},
    {"commit_window": 100_001},
    {"reveal_window": 100_001},
    {"scoring_window": 100_001},
    {"owner_public_key": bytes(31)},
    {"owner_public_key": bytes(33)},
    {"owner_public_key": bytes(32)},  # points of small order: nothing can be sealed to them
    {"owner_public_key": b"\x01" + bytes(31)},
    {"owner_public_key": (2**255 - 20).to_bytes(32, "little")},
]


@pytest.mark.parametrize("changes", BAD_TERMS, ids=str)
def test_a_term_outside_its_bounds_is_refused(chain: Chain, changes: dict[str, Any]) -> None:
    message = chain.terms(**changes)
    with pytest.raises(errors.BadRoundTerms):
        chain.run("open_round", chain.owner, message)


def test_the_chains_parameters_bound_the_terms() -> None:
    chain = Chain(min_contributors=3, max_contributors=5, min_bounty=500, min_deposit=50, min_scoring_fee=10)
    good = {"min_contributors": 3, "max_contributors": 5, "bounty": 500, "deposit": 50, "scoring_fee": 50}
    for term, value in good.items():
        worse = {**good, term: value + (1 if term == "max_contributors" else -1)}
        with pytest.raises(errors.BadRoundTerms, match=term):
            chain.run("open_round", chain.owner, chain.terms(**worse))
    chain.run("open_round", chain.owner, chain.terms(**good))


def test_only_a_ready_key_can_be_taken(chain: Chain) -> None:
    for status in set(pb.KeyStatus.values()) - {pb.KEY_STATUS_READY}:
        key = chain.ready_key()
        key.status = status
        key_records.save(chain.view, key)
        with pytest.raises(errors.KeyNotReady):
            chain.run("open_round", chain.owner, chain.terms(key_id=key.id))
    for unknown in (0, 999, 2**64 - 1):
        with pytest.raises(errors.KeyNotReady):
            chain.run("open_round", chain.owner, chain.terms(key_id=unknown))


def test_a_key_of_a_preset_the_chain_has_left_is_not_taken(chain: Chain) -> None:
    message = chain.terms()
    chain.params.preset = pb.PRESET_STANDARD
    with pytest.raises(errors.KeyNotReady):
        chain.run("open_round", chain.owner, message)


def test_the_model_must_exist_and_be_the_owners(chain: Chain) -> None:
    for unknown in (b"", bytes(31), bytes(32), bytes(33)):
        with pytest.raises(errors.ModelNotFound):
            chain.run("open_round", chain.owner, chain.terms(model_id=unknown))
    with pytest.raises(errors.NotModelOwner):
        chain.run("open_round", chain.people[0], chain.terms())


def test_a_model_needs_as_many_ciphertexts_as_its_parameters_fill(chain: Chain) -> None:
    for parameters, ciphertexts in ((2047, 1), (2048, 2), (4094, 2)):
        model = small_model(parameters - 1)
        chain.run("post_model", chain.owner, MsgPostModel(model=model))
        ident = model_id(chain.owner.address, model)
        reference = random_payload(1, ciphertexts)
        round_id = chain.open_round(model_id=ident, reference=reference)
        assert chain.round(round_id).ciphertexts == ciphertexts
        with pytest.raises(errors.PayloadCount):
            chain.open_round(model_id=ident, reference=random_payload(1, 3 - ciphertexts))


def test_a_model_posted_when_more_was_admitted_opens_no_round(chain: Chain) -> None:
    model = small_model(2048)
    chain.run("post_model", chain.owner, MsgPostModel(model=model))
    chain.params.max_ciphertexts = 1
    message = chain.terms(model_id=model_id(chain.owner.address, model), reference=random_payload(1, 2))
    with pytest.raises(errors.BadRoundTerms, match="ciphertexts"):
        chain.run("open_round", chain.owner, message)


def test_a_round_size_that_breaks_an_inequality_of_the_preset_is_refused(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = chain.terms()
    monkeypatch.setattr("assay.crypto.presets.MAX_CONTRIBUTORS", 3)
    with pytest.raises(errors.BadRoundTerms, match="contributors"):
        chain.run("open_round", chain.owner, message)


def test_a_round_that_could_give_away_too_much_of_its_key_is_refused() -> None:
    """With seven ciphertexts each a committee of ten can serve 57 contributors, not 58."""
    chain = Chain(seats=10, preset=pb.PRESET_STANDARD, max_ciphertexts=7)
    model, parameters = small_model(), 7 * STANDARD.capacity
    model.kind, model.weights[:] = model_pb2.MODEL_KIND_MLP, [0] * parameters
    model.layout[0].shape[:], model.layout[1].shape[:] = [parameters - 1], [1]
    chain.run("post_model", chain.owner, MsgPostModel(model=model))
    windows_ = {"reveal_window": 100_000, "scoring_window": 100_000}
    terms_ = {**windows_, "model_id": model_id(chain.owner.address, model), "reference": b"junk"}
    with pytest.raises(errors.BadRoundTerms, match="could give away"):
        chain.run("open_round", chain.owner, chain.terms(**terms_, max_contributors=58))
    with pytest.raises(errors.PayloadLength):
        chain.run("open_round", chain.owner, chain.terms(**terms_, max_contributors=57))


def test_the_reveal_window_must_hold_every_payload_three_times() -> None:
    chain = Chain(max_block_bytes=1 << 20, max_tx_bytes=1 << 19)
    least = 3 * 19  # 64 payloads of 151,592 bytes need 18.5 halves of a block
    window = {"max_contributors": 64, "scoring_window": 1000}
    with pytest.raises(errors.WindowTooShort, match="reveal_window"):
        chain.run("open_round", chain.owner, chain.terms(**window, reveal_window=least - 1))
    chain.run("open_round", chain.owner, chain.terms(**window, reveal_window=least))


def test_the_scoring_window_must_let_an_idle_committee_answer(chain: Chain) -> None:
    least = windows.least_scoring_window(chain.params, 4, 1)
    with pytest.raises(errors.WindowTooShort, match="scoring_window"):
        chain.run("open_round", chain.owner, chain.terms(scoring_window=least - 1))
    chain.run("open_round", chain.owner, chain.terms(scoring_window=least))


def test_bounty_and_fee_must_be_there(chain: Chain) -> None:
    with pytest.raises(errors.InsufficientFunds):
        chain.run("open_round", chain.owner, chain.terms(bounty=BALANCE, scoring_fee=1))
    chain.run("open_round", chain.owner, chain.terms(bounty=BALANCE - 1, scoring_fee=1))
    assert chain.balance(chain.owner) == 0


def test_a_refused_round_leaves_no_trace(chain: Chain) -> None:
    message = chain.terms(reference=b"junk")
    before = counters.load(chain.view), chain.balance(chain.owner), dict(chain.view.changes)
    with pytest.raises(errors.PayloadLength):
        chain.run("open_round", chain.owner, message)
    assert (counters.load(chain.view), chain.balance(chain.owner), chain.view.changes) == before
