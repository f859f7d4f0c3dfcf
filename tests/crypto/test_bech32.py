"""Bech32 against the vectors of BIP-173."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto import bech32
from assay.crypto.bech32 import Bech32Error

VALID = (
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
)

INVALID = {
    "\x201nwldj5": "prefix",
    "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx": "91",
    "pzry9x0s0muk": "no prefix",
    "1pzry9x0s0muk": "no prefix",
    "x1b4n0q5v": "does not occur",
    "li1dgmt3": "no prefix",
    "de1lg7wt\xff": "does not occur",
    "A1G7SGD8": "checksum",
    "10a06t8": "no prefix",
    "1qzzfhee": "no prefix",
    "A12uEL5L": "mixes",
}


@pytest.mark.parametrize("text", VALID)
def test_vectors_of_bip_173_have_a_good_checksum(text: str) -> None:
    prefix, values = bech32._split(text)
    assert bech32._polymod(bech32._expand(prefix) + values) == 1


@pytest.mark.parametrize(("text", "reason"), INVALID.items())
def test_vectors_of_bip_173_are_refused(text: str, reason: str) -> None:
    with pytest.raises(Bech32Error, match=reason):
        bech32.decode(text)


@given(st.binary(max_size=40))
def test_what_was_encoded_is_decoded(data: bytes) -> None:
    text = bech32.encode("assay", data)
    assert bech32.decode(text) == ("assay", data)
    assert bech32.decode(text.upper()) == ("assay", data)


@given(st.binary(min_size=20, max_size=20), st.data())
def test_up_to_four_wrong_characters_are_found(data: bytes, draw: st.DataObject) -> None:
    text = bech32.encode("assay", data)
    places = draw.draw(st.sets(st.integers(6, len(text) - 1), min_size=1, max_size=4))
    changed = list(text)
    for place in places:
        others = [character for character in "qpzry9x8gf2tvdw0s3jn54khce6mua7l" if character != text[place]]
        changed[place] = draw.draw(st.sampled_from(others))
    with pytest.raises(Bech32Error, match="checksum"):
        bech32.decode("".join(changed))


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(Bech32Error, match="do not fit"):
        bech32.encode("assay", bytes(60))


def test_padding_that_is_not_zero_is_refused() -> None:
    # Two values of five bits hold one byte and two bits of padding; here those are 01.
    values = [0, 1]
    check = bech32._polymod(bech32._expand("assay") + values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    text = "assay1" + "".join(bech32._ALPHABET[value] for value in values)
    with pytest.raises(Bech32Error, match="whole number"):
        bech32.decode(text)
