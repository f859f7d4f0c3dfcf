"""Committee files: private, whole, exactly what was drawn, and gone when erased."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.crypto.committee import secrets as committee_secrets
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.secrets import CommitteeFileError, CommitteeFiles, MemberSecrets
from assay.crypto.presets import SMALL

KEY = CommitteeKey("assay-test", 17, SMALL, 4)
Draw = Callable[[CommitteeKey, int], MemberSecrets]


@pytest.fixture
def files(tmp_path: Path) -> CommitteeFiles:
    return CommitteeFiles(tmp_path / "committee")


def path_of(files: CommitteeFiles) -> Path:
    return files.directory / "key-17.json"


def secret_bytes(secrets: MemberSecrets) -> list[bytes]:
    return [
        secrets.exchange_secret,
        secrets.signing_seed,
        *secrets.drawn.values(),
        *secrets.received.values(),
    ]


def test_files_and_directory_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files = CommitteeFiles(tmp_path / "committee")
        files.create(KEY, 0)
    finally:
        os.umask(before)
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(path_of(files).stat().st_mode) == 0o600


def test_draws_are_made_once_and_kept(files: CommitteeFiles) -> None:
    first = files.create(KEY, 0)
    assert files.create(KEY, 0) == first == files.load(17) == CommitteeFiles(files.directory).load(17)
    other = CommitteeFiles(files.directory.parent / "other").create(KEY, 0)
    assert not set(secret_bytes(first)) & set(secret_bytes(other))
    assert len(set(secret_bytes(first))) == 2 + 3
    assert files.keys() == [17]


def test_a_file_of_another_key_or_member_is_not_used(files: CommitteeFiles) -> None:
    files.create(KEY, 0)
    for key, member in [
        (KEY, 1),
        (CommitteeKey("another", 17, SMALL, 4), 0),
        (CommitteeKey("assay-test", 17, SMALL, 7), 0),
    ]:
        with pytest.raises(CommitteeFileError, match="another chain or node"):
            files.create(key, member)


def test_received_seeds_survive_a_restart(files: CommitteeFiles) -> None:
    secrets = files.create(KEY, 1)
    received = {number: bytes([number]) * 32 for number in (0, 2, 3)}
    files.record_received(secrets, received)
    loaded = CommitteeFiles(files.directory).load(17)
    assert loaded.received == received
    assert (loaded.drawn, loaded.exchange_secret) == (secrets.drawn, secrets.exchange_secret)
    assert Member.load(files, 17).has_seeds


@pytest.mark.parametrize("at", ["write_private", "fsync"])
def test_nothing_is_sent_that_a_crash_could_lose(
    at: str, files: CommitteeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member cannot be had before its draws are on disk: a failing disk means no JOIN."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    target: Any = committee_secrets if at == "write_private" else os
    with monkeypatch.context() as patch:
        patch.setattr(target, at, fail)
        with pytest.raises(OSError, match="no space left"):
            Member.create(files, KEY, 0)
    assert files.keys() == []


def test_left_overs_of_a_cut_short_write_are_removed(files: CommitteeFiles) -> None:
    secrets = files.create(KEY, 0)
    left_over = files.directory / ".key-17.json.0123456789abcdef"
    left_over.write_bytes(path_of(files).read_bytes())
    os.link(left_over, files.directory.parent / "second-name")
    again = CommitteeFiles(files.directory)
    assert not left_over.exists()
    assert set((files.directory.parent / "second-name").read_bytes()) == {0}
    assert again.load(17) == secrets


def test_erasing_overwrites_and_removes(files: CommitteeFiles) -> None:
    files.create(KEY, 0)
    second_name = files.directory.parent / "second-name"
    os.link(path_of(files), second_name)  # shows what becomes of the file's blocks
    size = second_name.stat().st_size
    files.erase(17)
    assert files.keys() == []
    assert second_name.read_bytes() == bytes(size)
    files.erase(17)
    with pytest.raises(CommitteeFileError, match="restore"):
        files.load(17)


def test_the_version_that_is_replaced_is_overwritten_too(files: CommitteeFiles) -> None:
    secrets = files.create(KEY, 0)
    second_name = files.directory.parent / "second-name"
    os.link(path_of(files), second_name)
    files.record_received(secrets, {number: bytes(32) for number in (1, 2, 3)})
    assert set(second_name.read_bytes()) == {0}


def test_a_file_or_directory_that_others_can_read_is_refused(files: CommitteeFiles) -> None:
    files.create(KEY, 0)
    path_of(files).chmod(0o640)
    with pytest.raises(CommitteeFileError, match="chmod 600"):
        files.load(17)
    files.directory.chmod(0o750)
    with pytest.raises(CommitteeFileError, match="chmod 700"):
        CommitteeFiles(files.directory)


def test_a_renamed_file_is_refused(files: CommitteeFiles) -> None:
    files.create(KEY, 0)
    path_of(files).rename(files.directory / "key-18.json")
    with pytest.raises(CommitteeFileError, match="holds key 17"):
        files.load(18)


def change(record: dict[str, Any], **values: Any) -> bytes:
    return json.dumps(record | values, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def test_damaged_files_are_refused_with_a_sentence(files: CommitteeFiles) -> None:
    files.create(KEY, 0)
    good = path_of(files).read_bytes()
    record = json.loads(good)
    damaged = [
        b"",
        good[:-1],
        good[:-20],
        good + b" ",
        b"[]\n",
        b"{}\n",
        b"null\n",
        b"\xff\n",
        b"[" * 10_000,
        good.replace(b"exchange_secret", b"exchange_secrets"),
        change(record, version=1),
        change(record, use="lent"),
        change(record, member=4),
        change(record, member=1),
        change(record, size=5),
        change(record, preset="large"),
        change(record, chain_id=7),
        change(record, signing_seed="00"),
        change(record, signing_seed=record["signing_seed"].upper() + "A"),
        change(record, drawn={}),
        change(record, drawn=record["drawn"] | {"0": "00" * 32}),
        change(record, received={"1": "00" * 32}),
        change(record, received={"1": "00" * 32, "2": "00" * 32, "3": "00"}),
        change(record, extra=1),
    ]
    for data in damaged:
        path_of(files).write_bytes(data)
        with pytest.raises(CommitteeFileError, match="damaged or of another version"):
            files.load(17)
    path_of(files).write_bytes(bytes(committee_secrets.MAX_BYTES + 1))
    with pytest.raises(CommitteeFileError, match="more than"):
        files.load(17)
    path_of(files).write_bytes(good)
    assert files.load(17).key == KEY


def test_secrets_are_never_printed(files: CommitteeFiles, draw_secrets: Draw) -> None:
    secrets = draw_secrets(KEY, 0)
    files.save(secrets)
    shown = repr(secrets) + str(secrets) + repr(Member(files, secrets))
    for secret in secret_bytes(secrets):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
