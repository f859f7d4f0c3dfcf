"""One member's side, from files to shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assay.crypto.committee import messages
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.secrets import CommitteeFileError, CommitteeFiles
from assay.crypto.presets import SMALL

KEY = CommitteeKey("assay-test", 3, SMALL, 4)


def everybody(tmp_path: Path) -> list[Member]:
    return [Member.create(CommitteeFiles(tmp_path / str(number)), KEY, number) for number in range(4)]


def test_a_ceremony_with_real_draws_and_a_restart_between_all_steps(tmp_path: Path) -> None:
    joins = [messages.parse_join(4, m.number, m.join_data()) for m in everybody(tmp_path)]
    assert joins == [messages.parse_join(4, m.number, m.join_data()) for m in everybody(tmp_path)]
    sent = {m.number: m.seeds_data(joins) for m in everybody(tmp_path)}
    for member in everybody(tmp_path):
        assert not member.has_seeds
        assert member.accept_seeds(joins, sent) == ()
    first = [[m.public_key_share(0), m.relin_share(1, 1), m.coin_share(1)] for m in everybody(tmp_path)]
    assert first == [
        [m.public_key_share(0), m.relin_share(1, 1), m.coin_share(1)] for m in everybody(tmp_path)
    ]
    assert all(member.has_seeds for member in everybody(tmp_path))


def test_nothing_is_stored_while_there_are_complaints(tmp_path: Path) -> None:
    members = everybody(tmp_path)
    joins = [messages.parse_join(4, m.number, m.join_data()) for m in members]
    sent = {m.number: m.seeds_data(joins) for m in members}
    bad = sent | {0: bytes(len(sent[0]))}
    complaints = members[1].accept_seeds(joins, bad)
    assert {c.dealer for c in complaints} == {0}
    assert not everybody(tmp_path)[1].has_seeds
    assert members[1].accept_seeds(joins, sent) == ()


def test_without_seeds_there_are_no_shares(tmp_path: Path) -> None:
    member = everybody(tmp_path)[0]
    c1 = np.zeros((2, SMALL.degree), dtype=np.uint64)
    with pytest.raises(CommitteeFileError, match="not received its seeds"):
        member.score_share(c1, MaskKind.SCORE)


def test_an_erased_key_gives_no_shares_again(tmp_path: Path) -> None:
    files = CommitteeFiles(tmp_path / "0")
    Member.create(files, KEY, 0)
    files.erase(KEY.key_id)
    with pytest.raises(CommitteeFileError):
        Member.load(files, KEY.key_id)
