"""The noise of real submissions, against what docs/noise.md expects of honest ones.

``python bench/noise.py`` prints a table. A committee makes a key, eight contributors and an owner encrypt
random updates under it, TenSEAL makes the products, and every scalar of the round and the released sum are
opened by the committee, under their masks. A scalar's noise is what the whole key decrypts less the exact
inner product of the updates' integers; its mask is what the committee opened less that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
from ceremony import ceremony
from numpy.typing import NDArray
from pairs import Row, row

from assay.crypto import bounds, scoring
from assay.crypto.ckks import packing
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.engine import Engine
from assay.crypto.committee import messages, public_key, release, relin_key, score, sealed_box
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.score import MaskKind
from assay.crypto.presets import (
    ERROR_BITS,
    LENGTH_CHECKS,
    RHO_RMS,
    STANDARD,
    Preset,
    noise_bound,
    seed_count,
)
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

CONTRIBUTORS: Final = 8
#: Committee sizes and ciphertexts of a payload.
CASES: Final = ((1, 1), (4, 1), (7, 1), (4, 2))
COIN: Final = bytes(range(32))
OWNER_SECRET: Final = bytes(range(1, 33))
Integers = NDArray[Any]


@dataclass(frozen=True)
class Measured:
    """One opened integer: its noise, mask and what the analysis gives as the noise's standard deviation."""

    kind: str
    noise: int
    mask: int
    deviation: float


class Committee:
    """Members of one key, the key as everybody sees it, and the whole secret, which nobody has."""

    def __init__(self, preset: Preset, size: int, directory: Path) -> None:
        self.key, self.preset = CommitteeKey("bench-noise", 1, preset, size), preset
        self.members = ceremony(self.key, directory, {})

    @cached_property
    def secret(self) -> U64:
        """NTT form modulo Q."""
        seeds = {k: seed for member in self.members for k, seed in member._secrets.received.items()}
        domain, degree = self.key.domain("secret-key"), self.preset.degree
        pieces = [Stream(domain, seed).ternary(degree) for seed in seeds.values()]
        return cipher_ring(self.preset).encode(np.sum(pieces, axis=0))

    @cached_property
    def public(self) -> tuple[U64, U64]:
        """Both polynomials of the public key."""
        rows = []
        for prime in range(len(self.preset.cipher_primes)):
            shares = {m.number: self._residues(prime, m.public_key_share(prime)) for m in self.members}
            rows.append(_value(public_key.aggregate_shares(self.key, prime, shares)))
        return np.concatenate(rows), public_key.common_polynomial(self.key)

    @cached_property
    def relin(self) -> U64:
        """The relinearisation key."""
        slots = {}
        for component in range(len(self.preset.cipher_primes)):
            for prime in range(len(self.preset.primes)):
                shares = {
                    m.number: self._residues(prime, m.relin_share(component, prime)) for m in self.members
                }
                slots[component, prime] = _value(
                    relin_key.aggregate_shares(self.key, component, prime, shares)
                )
        return relin_key.assemble(self.key, slots)

    def _residues(self, prime: int, data: bytes) -> U64:
        return messages.parse_residues(self.preset, prime, data)

    def opened(self, scalar: scoring.ScalarCiphertext, kind: MaskKind) -> int:
        """The scalar as the committee opens it."""
        shares = {
            m.number: messages.parse_share(self.preset, m.score_share(scalar.c1, kind)) for m in self.members
        }
        return int(_value(score.aggregate_shares(self.key, scalar.constant, shares)))

    def exact(self, scalar: scoring.ScalarCiphertext) -> int:
        """The scalar as the whole key decrypts it."""
        ring = cipher_ring(self.preset)
        return ring.signed(scalar.constant + ring.constant_of_product(scalar.c1, self.secret))

    def released(self, slot: int, ciphertext: U64) -> Integers:
        """One ciphertext of the sum as its owner gets it."""
        owner = sealed_box.public_key(OWNER_SECRET)
        boxes = {m.number: m.release_share(slot, ciphertext[0], ciphertext[1], owner) for m in self.members}
        joined = (messages.parse_join(self.key.size, m.number, m.join_data()) for m in self.members)
        keys = {number: join.signing_key for number, join in enumerate(joined)}
        found: Integers = _value(release.collect(self.key, slot, boxes, OWNER_SECRET, keys))
        return found


def _value(result: Any) -> Any:
    if not isinstance(result, Decoded):
        raise RuntimeError(f"an honest committee did not decide: {result}")
    return result.value


class Round:
    """Payloads of eight contributors and an owner, their integers, and their products."""

    def __init__(self, made: Committee, engine: Engine, ciphertexts: int) -> None:
        self.made, self.preset, self.engine = made, made.preset, engine
        rng = np.random.default_rng(5)
        vectors = rng.normal(size=(CONTRIBUTORS + 1, ciphertexts * self.preset.capacity)) + 0.3
        self.updates = [packing.quantise(packing.normalise(v), self.preset).astype(object) for v in vectors]
        self.payloads = [
            encrypt(packing.pack(u, self.preset), *made.public, self.preset, bytes([i]) * 32)[0]
            for i, u in enumerate(self.updates)
        ]
        self.relin = engine.load_relin_key(made.relin)
        seeds = seed_count(made.key.size)
        #: Deviation of a coefficient of an honest ciphertext's noise: e u + e1 s + e0.
        self.deviation = sqrt(2 * self.preset.degree * seeds * ERROR_BITS / 3 + ERROR_BITS / 2)

    def measure(self) -> Iterator[Measured]:
        """Every integer that such a round opens."""
        total, reference = np.sum(self.updates[:-1], axis=0), len(self.updates) - 1
        summed = scoring.add_payloads(self.payloads[:-1], self.preset)
        square = float(total @ total) / self.preset.scale**2
        base = 2 * sqrt(2) * self.preset.scale * self.deviation
        for i, update in enumerate(self.updates):
            yield from self._lengths(i)
            payload = self.payloads[i]
            yield self._score("norm", payload, payload, update @ update, 2 * base)
            if i == reference:
                continue
            aligned = update @ self.updates[reference]
            yield self._score("alignment", payload, self.payloads[reference], aligned, sqrt(2) * base)
            # 2 m V + 2 M v, where V has v in it.
            cross = float(update @ total) / self.preset.scale**2
            wide = base * sqrt(CONTRIBUTORS + square + 2 * cross)
            yield self._score("aggregate", payload, summed, update @ total, wide)
        yield from self._released(summed, total)

    def _lengths(self, contributor: int) -> Iterator[Measured]:
        payload, name = self.payloads[contributor], bytes([contributor])
        deviation = 2 * RHO_RMS * sqrt(self.preset.degree * len(payload)) * self.deviation
        for check in range(LENGTH_CHECKS):
            parts = [scoring.rho(COIN, name, check, i, self.preset)[1:] for i in range(len(payload))]
            exact = 4 * int(self.updates[contributor] @ np.concatenate(parts).astype(object))
            scalar = scoring.length_product(payload, COIN, name, check, self.preset)
            yield self._opened("length", scalar, MaskKind.LENGTH, exact, deviation)

    def _score(self, kind: str, first: U64, second: U64, inner: Any, deviation: float) -> Measured:
        loaded = ([self.engine.load(c) for c in payload] for payload in (first, second))
        scalar = scoring.score_product(self.engine, self.relin, *loaded)
        return self._opened(kind, scalar, MaskKind.SCORE, 4 * int(inner), deviation)

    def _opened(
        self, kind: str, scalar: scoring.ScalarCiphertext, mask: MaskKind, exact: int, deviation: float
    ) -> Measured:
        decrypted, opened = self.made.exact(scalar), self.made.opened(scalar, mask)
        return Measured(kind, decrypted - exact, opened - decrypted, deviation)

    def _released(self, summed: U64, total: Integers) -> Iterator[Measured]:
        ring, capacity = cipher_ring(self.preset), self.preset.capacity
        deviation = sqrt(2 * CONTRIBUTORS) * self.deviation
        for slot, ciphertext in enumerate(summed):
            found = self.made.released(slot, ciphertext)
            whole = ring.decode(ring.add(ciphertext[0], ring.mul(ciphertext[1], self.made.secret)))
            own = packing.symmetric_part(whole)
            for j, exact in enumerate(total[slot * capacity : (slot + 1) * capacity]):
                decrypted = ring.signed(int(own[j]))
                yield Measured("release", decrypted - 2 * int(exact), int(found[j]) - decrypted, deviation)


def limits(preset: Preset, size: int) -> dict[str, tuple[int, int]]:
    """For each kind the unit in which it is told, and what `presets.check` counts its honest noise as."""
    noise = noise_bound(preset, size)
    score = 8 * preset.scale * noise
    return {
        "length": (preset.length_unit, preset.length_unit // 2),
        "norm": (preset.unit, score),
        "alignment": (preset.unit, score),
        "aggregate": (preset.unit, CONTRIBUTORS * score),
        "release": (2 * preset.scale, 2 * CONTRIBUTORS * noise),
    }


def masks(preset: Preset, size: int) -> dict[str, int]:
    """Widest mask of each kind, all seeds together."""
    scores = dict.fromkeys(("norm", "alignment", "aggregate"), preset.score_mask)
    return {"length": preset.length_mask, "release": seed_count(size) * preset.release_mask, **scores}


def rows_of(size: int, ciphertexts: int, found: list[Measured], preset: Preset) -> Iterator[Row]:
    """One row a kind: its noise against the expected deviation, the greatest against the bound besides."""
    for kind, (unit, bound) in limits(preset, size).items():
        own = [m for m in found if m.kind == kind]
        largest, widest = max(abs(m.noise) for m in own), max(abs(m.mask) for m in own)
        if largest > bound or widest > masks(preset, size)[kind]:
            raise RuntimeError(f"{kind}: noise {largest} or mask {widest} is beyond what the checks count on")
        rms = sqrt(sum(m.noise**2 for m in own) / len(own))
        expected = sqrt(sum(m.deviation**2 for m in own) / len(own))
        name = f"noise of {kind}, n = {size}, {ciphertexts} ciphertext{'s' * (ciphertexts > 1)}, RMS"
        made = row(name, "units", "analysis, deviation", [(rms / unit, expected / unit)], target=2.0)
        # Eight aggregates share most of their noise, so their RMS is no better known than by a factor of 2.
        # The ratio's maximum is that of a single opened integer.
        made |= {"lower_is_better": True, "ratio_max": max(abs(m.noise) / m.deviation for m in own)}
        made |= {"largest": largest / unit, "bound": bound / unit, "mask": widest / unit, "opened": len(own)}
        yield made
    honest = [m for m in found if m.kind == "norm"]
    spread = max(abs(m.noise + m.mask) for m in honest)
    name = f"mask and noise of a norm, n = {size}, {ciphertexts} ciphertext{'s' * (ciphertexts > 1)}, largest"
    pair = (spread / preset.unit, bounds.slack(preset) / preset.unit)
    yield row(name, "units", "its tolerance", [pair], target=0.5, lower_is_better=True)


def run(*, quick: bool = False) -> list[Row]:
    """Measure every case; a quick run only a committee of four."""
    engine = Engine(STANDARD)
    rows: list[Row] = []
    for size, ciphertexts in CASES[1:2] if quick else CASES:
        with tempfile.TemporaryDirectory() as directory:
            made = Committee(STANDARD, size, Path(directory))
            found = list(Round(made, engine, ciphertexts).measure())
        rows += rows_of(size, ciphertexts, found, STANDARD)
    return rows


def main() -> None:
    """Print the table, in units: U for scores, the length unit, 2 scale for the sum."""
    print(f"{'':<52}{'opened':>8}{'RMS':>10}{'expected':>10}{'largest':>10}{'bound':>10}{'mask':>10}")
    for found in run():
        line = f"{found['name']:<52}{found.get('opened', ''):>8}{found['value']:10.2g}"
        line += f"{found['reference_value']:10.2g}"
        if "opened" in found:
            line += f"{found['largest']:10.2g}{found['bound']:10.2g}{found['mask']:10.2g}"
        print(line)


if __name__ == "__main__":
    main()
