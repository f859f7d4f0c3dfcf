"""Time and bytes of one committee key, without a chain.

    python bench/ceremony.py [--preset standard] [SIZE ...]

Prints, for each committee size, what one member computes and sends in a ceremony, and what one opened
scalar and one released ciphertext cost. Times are medians on one core, in milliseconds. As one of the
benchmarks of `bench/run.py` it has rows of the same figures at `standard`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pairs import Row, figure

from assay.crypto.committee import messages, public_key, release, relin_key, score, sealed_box, seeds
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.secrets import CommitteeFiles
from assay.crypto.committee.sharing import all_sharers
from assay.crypto.committee.subsets import openers
from assay.crypto.presets import COMMITTEE_SIZES, Preset, by_name, threshold
from assay.crypto.ring import Stream
from assay.proto import tx_pb2

RUNS = 5
OWNER_SECRET = bytes(range(32))
OWNER = sealed_box.public_key(OWNER_SECRET)
Figures = dict[str, float]
"""What was measured by name: whole numbers are bytes, the others milliseconds."""


def milliseconds(action: Callable[[], Any], runs: int = RUNS) -> float:
    """Median time of an action, after one run that fills caches."""
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def polynomial(preset: Preset, name: bytes) -> Any:
    """Uniform residues modulo Q, the same in every run."""
    rows = [Stream(b"bench", name, i).uniform(q, preset.degree) for i, q in enumerate(preset.cipher_primes)]
    return np.stack(rows)


def ceremony(key: CommitteeKey, directory: Path, row: Figures) -> list[Member]:
    """Join, deal and receive; times are those of member 0, who deals most."""
    members = [Member.create(CommitteeFiles(directory / str(i)), key, i) for i in range(key.size)]
    joins = [messages.parse_join(key.size, m.number, m.join_data()) for m in members]
    row["deal"] = milliseconds(lambda: members[0].seeds_data(joins))
    sent = {m.number: m.seeds_data(joins) for m in members}
    row["receive"] = milliseconds(lambda: members[0].accept_seeds(joins, sent))
    for member in members:
        member.accept_seeds(joins, sent)
    return members


def shares(key: CommitteeKey, members: list[Member], row: Figures) -> None:
    """Key shares and their combination."""
    preset = key.preset
    slots = [(j, i) for j in range(len(preset.cipher_primes)) for i in range(len(preset.primes))]
    row["key shares"] = milliseconds(lambda: key_shares(members[0], slots))
    public = {m.number: messages.parse_residues(preset, 0, m.public_key_share(0)) for m in members}
    square = {m.number: messages.parse_residues(preset, 0, m.relin_share(0, 0)) for m in members}
    row["combine slot"] = milliseconds(lambda: public_key.aggregate_shares(key, 0, public))
    row["with s^2"] = milliseconds(lambda: relin_key.aggregate_shares(key, 0, 0, square))
    for liar in range(threshold(key.size)):
        public[liar] = (public[liar] + np.uint64(1)) % np.uint64(preset.primes[0])
    row["t wrong"] = milliseconds(lambda: public_key.aggregate_shares(key, 0, public))


def key_shares(member: Member, slots: list[tuple[int, int]]) -> None:
    """Make every key share of one member."""
    for prime in range(len(member.key.preset.cipher_primes)):
        member.public_key_share(prime)
    for component, prime in slots:
        member.relin_share(component, prime)


def openings(key: CommitteeKey, members: list[Member], row: Figures) -> None:
    """A scalar's share and its decoding, a release share and its collection."""
    preset, c0, c1 = key.preset, polynomial(key.preset, b"c0"), polynomial(key.preset, b"c1")
    row["score share"] = milliseconds(lambda: members[0].score_share(c1, MaskKind.SCORE), 50)
    parsed = {m.number: messages.parse_share(preset, m.score_share(c1, MaskKind.SCORE)) for m in members}
    row["decode"] = milliseconds(lambda: score.aggregate_shares(key, 0, parsed), 50)
    for liar in range(threshold(key.size)):
        parsed[liar] = (parsed[liar] + 1) % preset.modulus
    row["decode, t wrong"] = milliseconds(lambda: score.aggregate_shares(key, 0, parsed), 50)
    row["release share"] = milliseconds(lambda: members[0].release_share(0, c0, c1, OWNER))
    boxes = {m.number: m.release_share(0, c0, c1, OWNER) for m in members}
    keys = {m.number: messages.parse_join(key.size, m.number, m.join_data()).signing_key for m in members}
    row["collect"] = milliseconds(lambda: release.collect(key, 0, boxes, OWNER_SECRET, keys))


def cheating(key: CommitteeKey, members: list[Member], directory: Path, row: Figures) -> None:
    """Find out from opened seeds who sent a wrong share of one square: the dearest part of a ceremony."""
    square = {m.number: messages.parse_residues(key.preset, 0, m.relin_share(0, 0)) for m in members}
    joins = [messages.parse_join(key.size, m.number, m.join_data()) for m in members]
    secrets = [CommitteeFiles(directory / str(m)).load(key.key_id) for m in range(openers(key.size))]
    sent = {m.member: b"".join(m.received[number] for number in sorted(m.received)) for m in secrets}

    def blame() -> None:
        opened: dict[int, bytes] = {}
        for number, data in sent.items():
            opened |= seeds.parse_opened(key, number, joins, data)
        relin_key.blame(all_sharers(key, opened), 0, 0, square)

    row["blame, a square"] = milliseconds(blame)


def bytes_sent(key: CommitteeKey) -> Figures:
    """Bytes of data of one ceremony, without envelopes: of the member that sends most, and of all."""
    phases = [
        tx_pb2.COMMITTEE_PHASE_JOIN,
        tx_pb2.COMMITTEE_PHASE_SEEDS,
        tx_pb2.COMMITTEE_PHASE_CHECK,
        tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY,
        tx_pb2.COMMITTEE_PHASE_RELIN_KEY,
    ]
    sent = [
        sum(sum(messages.slot_sizes(phase, key.preset, key.size, member)) for phase in phases)
        for member in range(key.size)
    ]
    return {"bytes, member 0": sent[0], "bytes, all": sum(sent)}


def measure(preset: Preset, size: int) -> Figures:
    """Measure one committee size."""
    key, row = CommitteeKey("bench", 1, preset, size), Figures()
    with tempfile.TemporaryDirectory() as directory:
        members = ceremony(key, Path(directory), row)
        shares(key, members, row)
        openings(key, members, row)
        cheating(key, members, Path(directory), row)
    return row | bytes_sent(key)


def run(*, quick: bool = False) -> list[Row]:
    """Measure committees of every size, or of the least."""
    sizes = COMMITTEE_SIZES[:1] if quick else COMMITTEE_SIZES
    return [
        figure(f"committee of {size}: {name}", value, "B" if isinstance(value, int) else "ms")
        for size in sizes
        for name, value in measure(by_name("standard"), size).items()
    ]


def main() -> None:
    """Print one table, a column a committee size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sizes", nargs="*", type=int, default=list(COMMITTEE_SIZES), metavar="SIZE")
    parser.add_argument("--preset", type=by_name, default="standard")
    arguments = parser.parse_args()
    rows = [measure(arguments.preset, size) for size in arguments.sizes]
    print(f"{'n':>16}" + "".join(f"{size:>12}" for size in arguments.sizes))
    for name in rows[0]:
        print(f"{name:>16}" + "".join(f"{_text(row[name]):>12}" for row in rows))


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


if __name__ == "__main__":
    main()
