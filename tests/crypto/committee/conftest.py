"""A committee whose ceremony was carried out in memory, with draws that are the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from assay.crypto.committee import messages, public_key, relin_key
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.messages import Join
from assay.crypto.committee.secrets import CommitteeFiles, MemberSecrets
from assay.crypto.committee.sharing import Sharer
from assay.crypto.committee.subsets import dealt
from assay.crypto.presets import SMALL, Preset
from assay.crypto.ring import Stream, key_ring
from assay.crypto.ring.tables import U64


def _draw(*name: object) -> bytes:
    return hashlib.sha256(repr(name).encode()).digest()


def fixed_secrets(key: CommitteeKey, member: int) -> MemberSecrets:
    """Secrets that are no secret."""
    name = (key.chain_id, key.key_id, key.size)
    drawn = {number: _draw("seed", *name, number) for number in dealt(key.size, member)}
    exchange, signing = _draw("exchange", *name, member), _draw("signing", *name, member)
    return MemberSecrets(key, member, exchange, signing, drawn, {})


@dataclass
class Committee:
    key: CommitteeKey
    members: list[Member]
    joins: list[Join]

    @property
    def sharers(self) -> list[Sharer]:
        return [member._shares() for member in self.members]

    @cached_property
    def seeds(self) -> dict[int, bytes]:
        """Every seed, as nobody knows them."""
        return {k: seed for member in self.members for k, seed in member._secrets.received.items()}

    @cached_property
    def secret_key(self) -> U64:
        """The key itself, as nobody knows it: NTT form modulo all primes."""
        degree = self.key.preset.degree
        pieces = [Stream(self.key.domain("secret-key"), seed).ternary(degree) for seed in self.seeds.values()]
        return key_ring(self.key.preset).encode(np.sum(pieces, axis=0))

    def public_key_shares(self, prime: int) -> dict[int, U64]:
        preset = self.key.preset
        data = {member.number: member.public_key_share(prime) for member in self.members}
        return {number: messages.parse_residues(preset, prime, part) for number, part in data.items()}

    def relin_shares(self, component: int, prime: int) -> dict[int, U64]:
        preset = self.key.preset
        data = {member.number: member.relin_share(component, prime) for member in self.members}
        return {number: messages.parse_residues(preset, prime, part) for number, part in data.items()}

    @cached_property
    def p0(self) -> U64:
        parts = []
        for prime in range(2):
            result = public_key.aggregate_shares(self.key, prime, self.public_key_shares(prime))
            assert isinstance(result, Decoded)
            parts.append(result.value)
        return np.concatenate(parts)

    @cached_property
    def relin(self) -> U64:
        slots = {}
        for component in range(2):
            for prime in range(3):
                shares = self.relin_shares(component, prime)
                result = relin_key.aggregate_shares(self.key, component, prime, shares)
                assert isinstance(result, Decoded)
                slots[component, prime] = result.value
        return relin_key.assemble(self.key, slots)


def hold_ceremony(key: CommitteeKey, directory: Path) -> Committee:
    """Join, deal and receive, with every message parsed as a stranger's."""
    members = []
    for number in range(key.size):
        files = CommitteeFiles(directory / str(number))
        secrets = fixed_secrets(key, number)
        files.save(secrets)
        members.append(Member(files, secrets))
    joins = [messages.parse_join(key.size, member.number, member.join_data()) for member in members]
    dealings = {member.number: member.seeds_data(joins) for member in members}
    for member in members:
        assert member.accept_seeds(joins, dealings) == ()
    return Committee(key, members, joins)


@pytest.fixture(scope="session")
def committee(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Committee]:
    """Make, once a run, the committee of a size and preset."""
    made: dict[tuple[int, str], Committee] = {}
    numbers = count(1)

    def make(n: int, preset: Preset = SMALL) -> Committee:
        if (n, preset.name) not in made:
            key = CommitteeKey("assay-test", 100 + n, preset, n)
            made[n, preset.name] = hold_ceremony(key, tmp_path_factory.mktemp(f"committee{next(numbers)}"))
        return made[n, preset.name]

    return make


@pytest.fixture
def draw_secrets() -> Callable[[CommitteeKey, int], MemberSecrets]:
    """Make secrets that are the same in every run."""
    return fixed_secrets
