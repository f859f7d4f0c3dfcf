"""The chain demands a proof of every payload: what passes without one is refused, and no money moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.state.chain import BALANCE, Submission
from tests.state.proven import Proven
from tests.state.rounds import attacks
from tests.state.rounds.attacks import REFUSED, Scene

from assay.crypto.proof import Context as ProofContext
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key
from assay.state.rules import errors, keys

DEPOSIT = 10_000


def committed(chain: Proven, attack: attacks.Attack) -> tuple[Submission, Submission]:
    """A round in REVEAL: the attacker's submission, and the victim's whose payload it knows."""
    round_id = chain.opened(max_contributors=2, min_contributors=1)
    victim = chain.submission(round_id, 0)
    attacker = chain.people[1]
    scene = Scene(
        chain.public_key(chain.key_of(round_id)),
        chain.bound(round_id, attacker),
        chain.message(1),
        victim.payload,
    )
    bad = Submission(attacker, round_id, attack(scene))
    for sub in (victim, bad):
        chain.run("commit", sub.sender, sub.commit)
    return bad, victim


@pytest.fixture
def chain() -> Proven:
    return Proven()


@pytest.mark.parametrize("name", REFUSED)
def test_an_attack_is_refused_and_no_money_moves(chain: Proven, name: str) -> None:
    attack, reason = REFUSED[name]
    bad, victim = committed(chain, attack)
    before = (
        chain.round(bad.round_id),
        chain.contribution(bad.round_id, bad.sender),
        chain.balance(bad.sender),
    )
    with pytest.raises(reason):
        chain.run("reveal", bad.sender, bad.reveal)
    after = chain.round(bad.round_id), chain.contribution(bad.round_id, bad.sender), chain.balance(bad.sender)
    assert after == before
    chain.run("reveal", victim.sender, victim.reveal)
    chain.end_block(11)
    assert chain.round(bad.round_id).status == pb.ROUND_STATUS_SCORING
    chain.answer(bad.round_id)
    assert chain.contribution(bad.round_id, bad.sender).status == pb.CONTRIBUTION_STATUS_NOT_REVEALED
    assert chain.balance(bad.sender) == BALANCE - DEPOSIT


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "copy"])
def test_an_attack_opens_no_round(chain: Proven, name: str) -> None:
    attack, reason = REFUSED[name]
    key = chain.ready_key()
    bound = ProofContext.reference("assay-test", chain.owner.address, key.id, key.public_key)
    victim = chain.seal(key, chain.message(0), 0, replace(bound, purpose=1, sender=bytes(20)))
    if name == "as-reference":
        data = chain.seal(key, chain.message(1), 1, replace(bound, purpose=1, round_id=1))
    else:
        data = attack(Scene(chain.public_key(key), bound, chain.message(1), victim))
    with pytest.raises(reason):
        chain.run("open_round", chain.owner, chain.terms(key_id=key.id, reference=data))
    assert chain.view.get(keys.round_(1)) is None
    assert chain.balance(chain.owner) == BALANCE
    assert chain.view.require(Key, keys.committee_key(key.id)).status == pb.KEY_STATUS_READY


def test_another_owners_reference_cannot_be_copied(chain: Proven) -> None:
    key = chain.ready_key()
    theirs = chain.terms(key_id=key.id)
    owner, chain.owner = chain.owner, chain.people[3]
    mine = chain.terms(key_id=key.id)
    assert theirs.reference != mine.reference
    chain.owner = owner
    with pytest.raises(errors.ProofChallenge):
        chain.run("open_round", owner, mine)
    chain.run("open_round", owner, theirs)


def test_noise_of_ones_choice_passes_and_is_asked_eleven_scalars_and_no_more(chain: Proven) -> None:
    """The proof does not forbid it. The masks and the count of scalars bound what it can learn."""
    bad, victim = committed(chain, attacks.chooses_its_noise)
    for sub in (bad, victim):
        chain.run("reveal", sub.sender, sub.reveal)
    asked = 0
    while chain.round(bad.round_id).status == pb.ROUND_STATUS_SCORING:
        asked += sum(opening.sender == bad.sender.address for opening in chain.asked(bad.round_id))
        chain.answer(bad.round_id, stages=1)
    assert asked == 11
    assert chain.key_of(bad.round_id).status in (pb.KEY_STATUS_TAKEN, pb.KEY_STATUS_RETIRED)


def test_an_honest_round_is_proven_once_for_each_payload(chain: Proven) -> None:
    round_id = chain.revealed(3)
    senders = [check.job.context.sender for check in chain.verified]
    people = [person.address for person in (chain.owner, *chain.people[:3])]
    assert senders == people
    assert [check.job.context.purpose for check in chain.verified] == [2, 1, 1, 1]
    assert {check.job.context.key_id for check in chain.verified} == {chain.round(round_id).key_id}


def test_everything_cheaper_comes_before_the_proof(chain: Proven) -> None:
    """A thousand reveals without a commitment, and those of every other fault, have no proof verified."""
    bad, victim = committed(chain, attacks.knows_nothing)
    stranger = replace(victim, sender=chain.people[2])
    chain.verified.clear()
    for number in range(1000):
        with pytest.raises(errors.NoCommitment):
            chain.run("reveal", stranger.sender, replace(stranger, salt=number.to_bytes(32, "big")).reveal)
    for other in (replace(victim, reserve=1), replace(victim, payload=bad.payload)):
        with pytest.raises(errors.CommitmentMismatch):
            chain.run("reveal", victim.sender, other.reveal)
    chain.run("reveal", victim.sender, victim.reveal)
    with pytest.raises(errors.AlreadyRevealed):
        chain.run("reveal", victim.sender, victim.reveal)
    assert [check.job.context.sender for check in chain.verified] == [victim.sender.address]


def test_a_malformed_payload_has_no_proof_verified(chain: Proven) -> None:
    bad, _ = committed(chain, lambda scene: scene.victim[:-1])
    chain.verified.clear()
    with pytest.raises(errors.PayloadLength):
        chain.run("reveal", bad.sender, bad.reveal)
    assert not chain.verified
