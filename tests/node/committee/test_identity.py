"""The files that say who a node is."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from assay.crypto.accounts import generate
from assay.node.committee.identity import (
    IdentityError,
    create_committee_key,
    load_committee_key,
    read_key_file,
    read_validator_address,
)


def validator_file(home: Path, **changes: Any) -> bytes:
    """Write a file as CometBFT does and return the address."""
    key = generate()
    record = {
        "address": key.address.hex().upper(),
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(key.public_key).decode()},
        "priv_key": {"type": "tendermint/PrivKeyEd25519", "value": "not even base64!"},
    }
    (home / "config").mkdir()
    (home / "config" / "priv_validator_key.json").write_text(json.dumps({**record, **changes}))
    return key.address


def test_a_committee_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    made = create_committee_key(tmp_path)
    assert load_committee_key(tmp_path) == made
    path = tmp_path / "committee" / "committee_key.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_committee_key_is_never_replaced(tmp_path: Path) -> None:
    made = create_committee_key(tmp_path)
    with pytest.raises(FileExistsError):
        create_committee_key(tmp_path)
    assert load_committee_key(tmp_path) == made


def test_a_committee_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    create_committee_key(tmp_path)
    (tmp_path / "committee" / "committee_key.json").chmod(0o640)
    with pytest.raises(IdentityError, match="chmod 600"):
        load_committee_key(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"seed": 1}', '{"seed": "00", "public_key": "00"}'])
def test_a_damaged_committee_key_is_refused(tmp_path: Path, text: str) -> None:
    create_committee_key(tmp_path)
    (tmp_path / "committee" / "committee_key.json").write_text(text)
    with pytest.raises(IdentityError, match="damaged"):
        load_committee_key(tmp_path)


def test_a_committee_key_whose_halves_differ_is_refused(tmp_path: Path) -> None:
    create_committee_key(tmp_path)
    path = tmp_path / "committee" / "committee_key.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "public_key": generate().public_key.hex()}))
    with pytest.raises(IdentityError, match="damaged"):
        load_committee_key(tmp_path)


def test_a_home_without_a_committee_key_says_where_to_have_one_from(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="restore it from a copy"):
        load_committee_key(tmp_path)


def test_the_validator_address_comes_from_the_public_part(tmp_path: Path) -> None:
    assert validator_file(tmp_path) == read_validator_address(tmp_path)


def test_an_address_that_is_not_the_public_keys_is_refused(tmp_path: Path) -> None:
    validator_file(tmp_path, address="00" * 20)
    with pytest.raises(IdentityError, match="not that of its public key"):
        read_validator_address(tmp_path)


@pytest.mark.parametrize("changes", [{"address": 5}, {"pub_key": "x"}, {"pub_key": {"value": "%"}}])
def test_a_file_that_is_no_validator_file_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    validator_file(tmp_path, **changes)
    with pytest.raises(IdentityError, match="not a validator file"):
        read_validator_address(tmp_path)


def test_a_missing_validator_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="cannot read"):
        read_validator_address(tmp_path)


def key_file(folder: Path, value: Any) -> Path:
    """Write a consensus key's file as a remote signer's machine may have it."""
    path = folder / "signer.json"
    path.write_text(json.dumps({"priv_key": {"type": "tendermint/PrivKeyEd25519", "value": value}}))
    path.chmod(0o600)
    return path


def test_a_consensus_key_is_read_from_cometbfts_form(tmp_path: Path) -> None:
    key = generate()
    value = base64.b64encode(key.seed + key.public_key).decode()
    assert read_key_file(key_file(tmp_path, value)) == key


@pytest.mark.parametrize(
    "value", ["not even base64!", "", None, base64.b64encode(bytes(64)).decode(), "AAAA"]
)
def test_a_file_without_a_key_of_ours_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(IdentityError, match="holds no Ed25519 key"):
        read_key_file(key_file(tmp_path, value))


def test_a_consensus_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path, "")
    path.chmod(0o644)
    with pytest.raises(IdentityError, match="others may read"):
        read_key_file(path)


def test_a_missing_consensus_key_says_where_its_proof_is_made(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="run assayd prove-key there"):
        read_key_file(tmp_path / "none.json")
