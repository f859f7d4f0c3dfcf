"""Keys, addresses, signatures, and the vectors other clients can check themselves with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey, VerifyKey

from assay.crypto import accounts, bech32
from assay.crypto.accounts import AddressError, KeyFormatError
from assay.proto.canonical import parse
from assay.proto.tx_pb2 import CommitteeTx, Tx

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "transactions.json").read_text(encoding="utf-8")
)
ALICE = accounts.from_seed(bytes(range(32)))


# RFC 8032, section 7.1, TEST 2.
RFC_SEED = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
RFC_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
RFC_SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_the_signature_is_that_of_rfc_8032() -> None:
    account = accounts.from_seed(bytes.fromhex(RFC_SEED))
    assert account.public_key.hex() == RFC_KEY
    assert account.sign(b"\x72").hex() == RFC_SIGNATURE
    assert accounts.verify(account.public_key, b"\x72", bytes.fromhex(RFC_SIGNATURE))


def test_a_new_account_is_another_one_each_time() -> None:
    assert accounts.generate().seed != accounts.generate().seed


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(KeyFormatError, match="32 bytes, not 31"):
        accounts.from_seed(bytes(31))


def test_the_secret_is_not_in_the_representation() -> None:
    assert ALICE.seed.hex() not in repr(ALICE)
    assert repr(ALICE) == f"Account({ALICE.address_text})"


@given(st.binary(max_size=300))
def test_our_signatures_and_pynacl_s_are_the_same(message: bytes) -> None:
    signature = ALICE.sign(message)
    assert signature == SigningKey(ALICE.seed).sign(message).signature
    VerifyKey(ALICE.public_key).verify(message, signature)
    assert accounts.verify(ALICE.public_key, message, signature)


@given(st.binary(max_size=100), st.data())
def test_one_changed_bit_spoils_a_signature(message: bytes, data: st.DataObject) -> None:
    parts = [bytearray(ALICE.public_key), bytearray(message + b"."), bytearray(ALICE.sign(message + b"."))]
    part = data.draw(st.sampled_from(parts))
    part[data.draw(st.integers(0, len(part) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not accounts.verify(*map(bytes, parts))


@given(st.binary(max_size=70), st.binary(max_size=10), st.binary(max_size=70))
def test_arbitrary_bytes_are_no_signature(key: bytes, message: bytes, signature: bytes) -> None:
    assert not accounts.verify(key, message, signature)


def test_keys_and_signatures_of_another_length_are_not_valid() -> None:
    signature = ALICE.sign(b"m")
    assert not accounts.verify(ALICE.public_key + b"\0", b"m", signature)
    assert not accounts.verify(ALICE.public_key[:31], b"m", signature)
    assert not accounts.verify(ALICE.public_key, b"m", signature[:63])
    assert not accounts.verify(ALICE.public_key, b"", signature + b"m")


# --- addresses ---------------------------------------------------------------


def test_an_address_is_the_head_of_the_key_s_hash() -> None:
    assert ALICE.address == hashlib.sha256(ALICE.public_key).digest()[:20]
    assert ALICE.address_text.startswith("assay1")
    assert accounts.decode_address(ALICE.address_text) == ALICE.address


@given(st.binary(min_size=20, max_size=20))
def test_every_address_survives_its_text(address: bytes) -> None:
    assert accounts.decode_address(accounts.encode_address(address)) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no prefix"),
        ("assay1", "no prefix"),
        (bech32.encode("cosmos", bytes(20)), "begins with 'cosmos'"),
        (bech32.encode("assay", bytes(32)), "holds 32 bytes"),
        (accounts.encode_address(bytes(20))[:-1] + "q", "checksum"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        accounts.decode_address(text)


def test_only_20_bytes_are_an_address() -> None:
    with pytest.raises(AddressError, match="20 bytes, not 32"):
        accounts.encode_address(bytes(32))


# --- what is signed ----------------------------------------------------------


def test_sign_bytes_name_their_purpose_and_the_chain() -> None:
    assert accounts.tx_sign_bytes("assay-1", b"body") == b"assay/tx/v1" + b"\x07" + b"assay-1" + b"body"
    committee = accounts.committee_sign_bytes("assay-1", b"body")
    assert committee == b"assay/committee/v1" + b"\x07" + b"assay-1" + b"body"


@given(st.text(min_size=1, max_size=20), st.binary(), st.text(min_size=1, max_size=20), st.binary())
def test_sign_bytes_of_different_things_differ(chain: str, body: bytes, other: str, rest: bytes) -> None:
    same = (chain, body) == (other, rest)
    assert (accounts.tx_sign_bytes(chain, body) == accounts.tx_sign_bytes(other, rest)) is same
    assert accounts.tx_sign_bytes(chain, body) != accounts.committee_sign_bytes(chain, body)


@pytest.mark.parametrize("chain_id", ["", "x" * 256])
def test_a_chain_id_that_cannot_be_written_is_refused(chain_id: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 bytes"):
        accounts.tx_sign_bytes(chain_id, b"")


def test_a_signed_transaction_is_canonical_and_verifies() -> None:
    tx = parse(Tx, accounts.sign_tx(ALICE, "assay-1", b"body"), 1000)
    assert (tx.body, tx.public_key) == (b"body", ALICE.public_key)
    assert accounts.verify(tx.public_key, accounts.tx_sign_bytes("assay-1", tx.body), tx.signature)
    assert not accounts.verify(tx.public_key, accounts.tx_sign_bytes("assay-2", tx.body), tx.signature)


def test_a_signed_committee_message_is_canonical_and_verifies() -> None:
    tx = parse(CommitteeTx, accounts.sign_committee_tx(ALICE, "assay-1", b"body"), 1000)
    assert accounts.verify(ALICE.public_key, accounts.committee_sign_bytes("assay-1", tx.body), tx.signature)


# --- vectors -----------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["addresses"], ids=lambda vector: vector["address"])
def test_vector_address(vector: dict[str, str]) -> None:
    account = accounts.from_seed(bytes.fromhex(vector["seed"]))
    assert account.public_key.hex() == vector["public_key"]
    assert account.address.hex() == vector["address_bytes"]
    assert account.address_text == vector["address"]


@pytest.mark.parametrize("vector", VECTORS["transactions"], ids=lambda vector: vector["name"])
def test_vector_transaction(vector: dict[str, str]) -> None:
    account = accounts.from_seed(bytes.fromhex(vector["seed"]))
    body = bytes.fromhex(vector["body"])
    assert accounts.tx_sign_bytes(vector["chain_id"], body).hex() == vector["sign_bytes"]
    assert accounts.sign_tx(account, vector["chain_id"], body).hex() == vector["tx"]
    assert hashlib.sha256(bytes.fromhex(vector["tx"])).hexdigest().upper() == vector["hash"]


@pytest.mark.parametrize("vector", VECTORS["committee"], ids=lambda vector: vector["name"])
def test_vector_committee_message(vector: dict[str, str]) -> None:
    account = accounts.from_seed(bytes.fromhex(vector["seed"]))
    body = bytes.fromhex(vector["body"])
    assert accounts.committee_sign_bytes(vector["chain_id"], body).hex() == vector["sign_bytes"]
    assert accounts.sign_committee_tx(account, vector["chain_id"], body).hex() == vector["tx"]
