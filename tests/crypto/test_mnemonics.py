"""Mnemonics: BIP-39 words, SLIP-0010 keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto import mnemonics
from assay.crypto.mnemonics import MnemonicError

# SLIP-0010, "Test vector 1 for ed25519".
SLIP10 = {
    (): "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
    (0,): "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
    (0, 1, 2, 2, 1000000000): "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
}
WORDS = "abandon " * 23 + "art"


@pytest.mark.parametrize("path", SLIP10, ids=str)
def test_keys_are_those_of_slip_0010(path: tuple[int, ...]) -> None:
    seed = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
    assert mnemonics.slip10(seed, path).hex() == SLIP10[path]


def test_the_words_of_zero_are_those_of_bip_39() -> None:
    assert mnemonics.from_entropy(bytes(32)) == WORDS
    assert mnemonics.to_entropy(WORDS) == bytes(32)


def test_case_and_spaces_do_not_matter() -> None:
    assert mnemonics.to_entropy("  " + WORDS.upper().replace(" ", " \n ")) == bytes(32)


@given(st.binary(min_size=32, max_size=32))
def test_words_stand_for_their_entropy(entropy: bytes) -> None:
    assert mnemonics.to_entropy(mnemonics.from_entropy(entropy)) == entropy


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "24 words, these are 0"),
        ("abandon " * 11 + "about", "24 words, these are 12"),
        ("abandon " * 4 + "abandom " + "abandon " * 18 + "art", "word 5, 'abandom'"),
        ("abandon " * 24, "checksum"),
    ],
)
def test_what_is_no_mnemonic_is_refused_with_the_reason(words: str, reason: str) -> None:
    with pytest.raises(MnemonicError, match=reason):
        mnemonics.to_entropy(words)


@pytest.mark.parametrize("size", [16, 31, 33])
def test_other_sizes_of_entropy_are_refused(size: int) -> None:
    with pytest.raises(MnemonicError, match="32 bytes"):
        mnemonics.from_entropy(bytes(size))


def test_an_account_is_the_words_key_at_the_documented_path() -> None:
    assert mnemonics.PATH_TEXT == "m/44'/118'/0'/0'/0'"
    # BIP-39 seed of the words of zero, published with the standard for passphrase-free use.
    seed = bytes.fromhex(
        "408b285c123836004f4b8842c89324c1f01382450c0d439af345ba7fc49acf70"
        "5489c6fc77dbd4e3dc1dd8cc6bc9f043db8ada1e243c4a0eafb290d399480840"
    )
    expected = mnemonics.slip10(seed, mnemonics.PATH)
    assert mnemonics.account_from_words(WORDS).seed == expected
