"""Hostile payloads: each is refused with a code of its own, cheaply, and no bounty moves."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.state.chain import Chain, Submission, random_payload

from assay.crypto.ckks import payload
from assay.crypto.presets import SMALL
from assay.crypto.proof import proof_bytes
from assay.proto import state_pb2 as pb
from assay.state.rounds import lifecycle, payloads
from assay.state.rules import errors, keys

HEADER = payload.HEADER.size
PROOF = proof_bytes(SMALL, 1)
POLYNOMIAL = SMALL.polynomial_bytes


def _set_word(data: bytes, index: int, value: int) -> bytes:
    place = HEADER + 8 * index
    return data[:place] + value.to_bytes(8, "little") + data[place + 8 :]


def _zero_polynomial(data: bytes, number: int) -> bytes:
    start = HEADER + number * POLYNOMIAL
    return data[:start] + bytes(POLYNOMIAL) + data[start + POLYNOMIAL :]


def _header(data: bytes, magic: bytes = b"ASYP", version: int = 2, preset: int = 2, count: int = 1) -> bytes:
    return struct.pack("<4sBBH", magic, version, preset, count) + data[HEADER:]


Change = Callable[[bytes], bytes]

MALFORMED: dict[str, tuple[Change, type[errors.PayloadRefused]]] = {
    "empty": (lambda data: data[:0], errors.PayloadLength),
    "truncated by one byte": (lambda data: data[:-1], errors.PayloadLength),
    "truncated to its header": (lambda data: data[:HEADER], errors.PayloadLength),
    "extended by one byte": (lambda data: data + b"\0", errors.PayloadLength),
    "extended by a ciphertext": (lambda data: data + data[HEADER:], errors.PayloadLength),
    "wrong magic": (lambda data: _header(data, magic=b"ASYQ"), errors.PayloadMagic),
    "a SEAL object": (lambda data: struct.pack("<H", 0xA15E) + data[2:], errors.PayloadMagic),
    "version 0": (lambda data: _header(data, version=0), errors.PayloadVersion),
    "version 1": (lambda data: _header(data, version=1), errors.PayloadVersion),
    "version 1, without a proof": (lambda data: _header(data[:-PROOF], version=1), errors.PayloadVersion),
    "no proof": (lambda data: data[:-PROOF], errors.PayloadLength),
    "the chain's own ciphertexts": (lambda data: _header(data, magic=b"ASYC"), errors.PayloadMagic),
    "preset standard": (lambda data: _header(data, preset=1), errors.PayloadPreset),
    "no preset": (lambda data: _header(data, preset=0), errors.PayloadPreset),
    "count 0": (lambda data: _header(data, count=0), errors.PayloadCount),
    "count 2": (lambda data: _header(data, count=2), errors.PayloadCount),
    "count 2 and the bytes for it": (
        lambda data: _header(data, count=2) + data[HEADER:],
        errors.PayloadCount,
    ),
    "first residue is its prime": (
        lambda data: _set_word(data, 0, SMALL.primes[0]),
        errors.PayloadResidue,
    ),
    "last residue is its prime": (
        lambda data: _set_word(data, 4 * SMALL.degree - 1, SMALL.primes[1]),
        errors.PayloadResidue,
    ),
    "residue of 64 bits": (lambda data: _set_word(data, 5000, 2**64 - 1), errors.PayloadResidue),
    "first polynomial zero": (lambda data: _zero_polynomial(data, 0), errors.PayloadZero),
    "second polynomial zero": (lambda data: _zero_polynomial(data, 1), errors.PayloadZero),
    "everything zero": (lambda data: data[:HEADER] + bytes(len(data) - HEADER), errors.PayloadZero),
}


def committed(chain: Chain, *subs: Submission) -> None:
    for sub in subs:
        chain.run("commit", sub.sender, sub.commit)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_payload_that_was_committed_to_is_refused_by_its_code(chain: Chain, name: str) -> None:
    change, code = MALFORMED[name]
    round_id = chain.opened(max_contributors=2)
    bad = replace(chain.submission(round_id, 0), payload=change(random_payload(0)))
    committed(chain, bad, chain.submission(round_id, 1))
    before = chain.round(round_id), chain.balance(bad.sender)
    with pytest.raises(code):
        chain.run("reveal", bad.sender, bad.reveal)
    assert (chain.round(round_id), chain.balance(bad.sender)) == before


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_reference_opens_no_round(chain: Chain, name: str) -> None:
    change, code = MALFORMED[name]
    message = chain.terms(reference=change(random_payload(0)))
    with pytest.raises(code):
        chain.run("open_round", chain.owner, message)
    assert chain.view.get(keys.round_(1)) is None


def test_another_senders_reveal_cannot_be_replayed(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    victim, thief = chain.submission(round_id, 0), chain.submission(round_id, 1)
    committed(chain, victim, thief)
    with pytest.raises(errors.NoCommitment):
        chain.run("reveal", chain.people[2], victim.reveal)
    with pytest.raises(errors.CommitmentMismatch):
        chain.run("reveal", thief.sender, victim.reveal)


def test_a_payload_somebody_has_revealed_cannot_be_revealed_again(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    first = chain.submission(round_id, 0)
    second = Submission(chain.people[1], round_id, first.payload)
    committed(chain, first, second)
    chain.run("reveal", first.sender, first.reveal)
    with pytest.raises(errors.PayloadCopied):
        chain.run("reveal", second.sender, second.reveal)


def test_the_reference_itself_is_no_contribution(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    copy = Submission(chain.people[0], round_id, random_payload(1000))
    committed(chain, copy, chain.submission(round_id, 1))
    with pytest.raises(errors.PayloadCopied):
        chain.run("reveal", copy.sender, copy.reveal)


def test_every_part_of_a_reveal_is_bound_by_the_commitment(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    sub = chain.submission(round_id, 0, reserve=5)
    committed(chain, sub, chain.submission(round_id, 1))
    others = (
        replace(sub, reserve=4),
        replace(sub, salt=b"\x01" * 32),
        replace(sub, payload=random_payload(7)),
    )
    for other in others:
        with pytest.raises(errors.CommitmentMismatch):
            chain.run("reveal", sub.sender, other.reveal)
    with pytest.raises(errors.BadSalt):
        chain.run("reveal", sub.sender, replace(sub, salt=bytes(31)).reveal)
    chain.run("reveal", sub.sender, sub.reveal)


def test_a_commitment_to_one_round_opens_in_no_other(chain: Chain) -> None:
    first, second = chain.opened(max_contributors=2), chain.opened(max_contributors=2)
    sub = chain.submission(first, 0)
    chain.run("commit", sub.sender, sub.commit)
    moved = sub.commit
    moved.round_id = second
    chain.run("commit", sub.sender, moved)
    for round_id in (first, second):
        other = chain.submission(round_id, 1)
        chain.run("commit", other.sender, other.commit)
    with pytest.raises(errors.CommitmentMismatch):
        chain.run("reveal", sub.sender, replace(sub, round_id=second).reveal)


def test_a_thousand_reveals_without_commitment_cost_no_hash_and_no_parse(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = chain.opened(max_contributors=2)
    subs = [chain.submission(round_id, n) for n in range(2)]
    committed(chain, *subs)
    stranger = chain.submission(round_id, 2)
    counted: list[str] = []
    digest, parse = lifecycle.payload_digest, payload.parse

    def counting_digest(data: bytes) -> bytes:
        counted.append("hash")
        return digest(data)

    def counting_parse(*arguments: Any) -> Any:
        counted.append("parse")
        return parse(*arguments)

    monkeypatch.setattr(lifecycle, "payload_digest", counting_digest)
    monkeypatch.setattr(payload, "parse", counting_parse)
    payloads.VERDICTS.clear()
    for number in range(1000):
        reveal = replace(stranger, salt=number.to_bytes(32, "big")).reveal
        with pytest.raises(errors.NoCommitment):
            chain.run("reveal", stranger.sender, reveal)
    assert counted == []
    chain.run("reveal", subs[0].sender, subs[0].reveal)
    assert set(counted) == {"hash", "parse"}


def test_verdicts_are_remembered_and_change_nothing() -> None:
    cache = payloads.VerdictCache(2)
    good, bad = random_payload(1), random_payload(1)[:-1]
    digests = {data: lifecycle.payload_digest(data) for data in (good, bad)}
    fresh = [cache.verdict(digests[data], data, SMALL, 1) for data in (good, bad)]
    again = [cache.verdict(digests[data], b"", SMALL, 1) for data in (good, bad)]
    assert fresh == again
    assert fresh[0] is None
    assert fresh[1] is not None
    assert fresh[1][0] is errors.PayloadLength
    # The same bytes may be good for one round and bad for another.
    other = cache.verdict(digests[good], good, SMALL, 2)
    assert other is not None
    assert other[0] is errors.PayloadCount
    # It holds so many and no more: the oldest is judged anew.
    assert cache.verdict(digests[good], b"", SMALL, 1) is not None


def test_every_reason_of_the_format_has_a_code() -> None:
    reasons = {cls for cls in payload.PayloadError.__subclasses__() if cls.__module__ == payload.__name__}
    codes = [payloads._CODES[reason].code for reason in reasons]  # a missing one raises KeyError
    assert len(set(codes)) == len(reasons)


def test_a_sum_is_added_residue_by_residue(chain: Chain) -> None:
    round_id = chain.revealed(3)
    record = chain.round(round_id)
    digests = [chain.contribution(round_id, person).payload for person in chain.people[:3]]
    total = payloads.sum_of(chain.ctx, record, digests)
    parts = [payload.parse(random_payload(n), SMALL, 1).ciphertexts.astype(object) for n in range(3)]
    primes = np.array(SMALL.cipher_primes, dtype=object)[:, None]
    assert np.array_equal(total.astype(object), sum(parts) % primes)
    assert not payloads.is_degenerate(total)
    again = payload.ciphertexts_of(payload.encode_own(total, SMALL), SMALL, 1)
    assert np.array_equal(again, total)


def test_updates_made_to_cancel_out_are_noticed() -> None:
    total = np.ones((2, 2, 2, SMALL.degree), dtype=np.uint64)
    assert not payloads.is_degenerate(total)
    total[1, 1] = 0
    assert payloads.is_degenerate(total)


def test_a_refused_reveal_can_be_mended_within_the_window(chain: Chain) -> None:
    round_id = chain.opened(max_contributors=2)
    subs = [chain.submission(round_id, n) for n in range(2)]
    committed(chain, *subs)
    with pytest.raises(errors.CommitmentMismatch):
        chain.run("reveal", subs[0].sender, replace(subs[0], payload=random_payload(9)).reveal)
    for sub in subs:
        chain.run("reveal", sub.sender, sub.reveal)
    assert chain.round(round_id).status == pb.ROUND_STATUS_SCORING
