"""One member's side, from files to shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assay.crypto.committee import messages
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member, SeedsUsed
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.sealed_box import public_key
from assay.crypto.committee.secrets import CommitteeFileError, CommitteeFiles
from assay.crypto.committee.subsets import held
from assay.crypto.presets import SMALL
from assay.crypto.ring.tables import U64

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


# --- what the seeds are used for -----------------------------------------------------------------


def ready(tmp_path: Path) -> list[Member]:
    """Members that have their seeds."""
    members = everybody(tmp_path)
    joins = [messages.parse_join(4, m.number, m.join_data()) for m in members]
    sent = {m.number: m.seeds_data(joins) for m in members}
    assert [m.check_data(joins, sent) for m in members] == [b"\0"] * 4
    return members


def c1() -> U64:
    return np.ones((2, SMALL.degree), dtype=np.uint64)


SERVICES: dict[str, Callable[[Member], bytes]] = {
    "score": lambda member: member.score_share(c1(), MaskKind.SCORE),
    "coin": lambda member: member.coin_share(1),
    "release": lambda member: member.release_share(0, c1(), c1(), public_key(bytes(32))),
}
OPENINGS: dict[str, Callable[[Member], bytes]] = {
    "answer": lambda member: member.answer_data([1]),
    "open": lambda member: member.open_data(),
}


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("service", SERVICES)
def test_seeds_that_served_a_round_are_never_opened(service: str, opening: str, tmp_path: Path) -> None:
    member = ready(tmp_path)[0]
    member.score_share(c1(), MaskKind.SCORE, self_test=True)
    first = SERVICES[service](member)
    for again in (member, everybody(tmp_path)[0]):  # also after a restart
        with pytest.raises(SeedsUsed, match="served already"):
            OPENINGS[opening](again)
        assert SERVICES[service](again) == first


@pytest.mark.parametrize("opening", OPENINGS)
def test_of_seeds_that_were_opened_nothing_is_shared(opening: str, tmp_path: Path) -> None:
    member = ready(tmp_path)[0]
    member.score_share(c1(), MaskKind.SCORE, self_test=True)
    first = OPENINGS[opening](member)
    shares = [*SERVICES.values(), lambda m: m.public_key_share(0), lambda m: m.relin_share(0, 1)]
    for again in (member, everybody(tmp_path)[0]):
        for share in [*shares, lambda m: m.score_share(c1(), MaskKind.SCORE, self_test=True)]:
            with pytest.raises(SeedsUsed, match="opened"):
                share(again)
        assert OPENINGS[opening](again) == first


def test_what_is_opened_is_what_was_dealt_and_received(tmp_path: Path) -> None:
    for member in ready(tmp_path):
        secrets = member._secrets
        assert member.open_data() == b"".join(secrets.received[number] for number in held(4, member.number))
        assert member.answer_data([0, 2]) == b"".join(
            secrets.drawn[number] for number in (0, 2) if number in secrets.drawn
        )


def test_seeds_that_were_used_are_not_replaced(tmp_path: Path) -> None:
    members = ready(tmp_path)
    members[3].coin_share(1)
    other = [Member.create(CommitteeFiles(tmp_path / "other" / str(i)), KEY, i) for i in range(3)]
    both = [*other, members[3]]
    joins = [messages.parse_join(4, m.number, m.join_data()) for m in both]
    sent = {m.number: m.seeds_data(joins) for m in both}
    with pytest.raises(SeedsUsed, match="served already"):
        members[3].accept_seeds(joins, sent)


def test_a_member_that_was_forgotten_writes_its_file_no_more(tmp_path: Path) -> None:
    member = ready(tmp_path)[0]
    member.forget()
    (tmp_path / "0" / "key-3.json").unlink()
    for write in (*SERVICES.values(), *OPENINGS.values()):
        with pytest.raises(CommitteeFileError, match="have been erased"):
            write(member)
    assert list((tmp_path / "0").iterdir()) == []
