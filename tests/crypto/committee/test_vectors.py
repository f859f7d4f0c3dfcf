"""Known answers of every committee protocol: ``tests/vectors/committee.json``.

A change of any of them changes what members send and what a chain accepts. To write the file anew after a
deliberate change: ``python tests/crypto/committee/test_vectors.py``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.crypto.committee import messages, public_key, relin_key, sealed_box, seeds
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.secrets import CommitteeFiles, MemberSecrets
from assay.crypto.committee.sharing import weight
from assay.crypto.committee.subsets import dealt, held, subsets
from assay.crypto.presets import PRESETS, Preset
from assay.crypto.ring import Stream
from assay.crypto.ring.tables import U64

FILE = Path(__file__).parents[2] / "vectors" / "committee.json"
OWNER = sealed_box.public_key(bytes(range(32)))
CASES = [(preset, n) for preset in PRESETS for n in (1, 4)] + [(PRESETS[1], 7)]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def named(*name: object) -> bytes:
    """32 bytes that anybody can make: SHA-256 of the words with spaces between them."""
    return hashlib.sha256(" ".join(map(str, name)).encode()).digest()


def polynomial(preset: Preset, name: bytes) -> U64:
    rows = [Stream(b"vectors", name, i).uniform(q, preset.degree) for i, q in enumerate(preset.cipher_primes)]
    return np.stack(rows)


def subset_seeds(n: int, member: int) -> tuple[int, ...]:
    """The first and the last seed a member holds."""
    return held(n, member)[0], held(n, member)[-1]


def member_vectors(member: Member, preset: Preset) -> dict[str, Any]:
    c0, c1 = polynomial(preset, b"c0"), polynomial(preset, b"c1")
    return {
        "join": member.join_data().hex(),
        "public_key": [sha256(member.public_key_share(i)) for i in range(2)],
        "relin_key": [sha256(member.relin_share(j, i)) for j in range(2) for i in range(3)],
        "score": member.score_share(c1, MaskKind.SCORE).hex(),
        "length": member.score_share(c1, MaskKind.LENGTH).hex(),
        "coin": member.coin_share(5).hex(),
        "release": sha256(member.release_share(0, c0, c1, OWNER)),
    }


def vectors(preset: Preset, n: int, directory: Path) -> dict[str, Any]:
    key = CommitteeKey("assay-vectors", 7, preset, n)
    members = []
    for number in range(n):
        files = CommitteeFiles(directory / str(number))
        drawn = {k: named("seed", k) for k in dealt(n, number)}
        secrets = MemberSecrets(key, number, named("exchange", number), named("signing", number), drawn, {})
        files.save(secrets)
        members.append(Member(files, secrets))
    joins = [messages.parse_join(n, m.number, m.join_data()) for m in members]
    sent = {m.number: m.seeds_data(joins) for m in members}
    checked = [m.check_data(joins, sent).hex() for m in members]
    return {
        "chain_id": key.chain_id,
        "key_id": key.key_id,
        "preset": preset.name,
        "size": n,
        "subsets": [list(subset) for subset in subsets(n)],
        "weights": [[str(weight(n, k, m, preset.modulus)) for m in range(n)] for k in range(len(subsets(n)))],
        "domain": key.domain("example").hex(),
        "seed_hash": seeds.seed_hash(key, 0, named("seed", 0)).hex(),
        "seeds": [sent[m.number].hex() for m in members],
        "common_public_key": sha256(messages.residue_bytes(public_key.common_polynomial(key))),
        "common_relin_key": [
            sha256(messages.residue_bytes(relin_key.common_polynomial(key, component)))
            for component in range(2)
        ],
        "checks": checked,
        "complaints": [messages.check_bytes(n, m, subset_seeds(n, m)).hex() for m in range(n)],
        "opened": [Member(m._files, m._secrets).open_data().hex() for m in members],
        "members": [member_vectors(member, preset) for member in members],
    }


def all_vectors(directory: Callable[[str], Path]) -> list[dict[str, Any]]:
    return [vectors(preset, n, directory(f"{preset.name}-{n}")) for preset, n in CASES]


@pytest.mark.parametrize("case", range(len(CASES)), ids=[f"{preset.name}-{n}" for preset, n in CASES])
def test_known_answers(case: int, tmp_path: Path) -> None:
    preset, n = CASES[case]
    assert vectors(preset, n, tmp_path) == json.loads(FILE.read_text())[case]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = all_vectors(lambda name: Path(scratch) / name)
    FILE.write_text(json.dumps(found, indent=1) + "\n")
