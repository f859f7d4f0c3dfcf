"""Sealed boxes that libsodium opens and anybody who knows the text can check."""

from __future__ import annotations

import nacl.public
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.committee.sealed_box import OVERHEAD, is_exchange_key, public_key, seal, unseal

SECRET = bytes(range(32))
P = 2**255 - 19
ORDER_8 = (
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
SMALL_ORDER = (0, 1, P - 1, P, P + 1, *ORDER_8)


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_libsodium_opens_what_is_sealed_here(text: bytes, ephemeral: bytes) -> None:
    box = seal(text, public_key(SECRET), ephemeral)
    assert len(box) == len(text) + OVERHEAD
    assert nacl.public.SealedBox(nacl.public.PrivateKey(SECRET)).decrypt(box) == text
    assert unseal(box, SECRET) == text
    assert seal(text, public_key(SECRET), ephemeral) == box


def test_what_libsodium_seals_is_opened_here() -> None:
    box = nacl.public.SealedBox(nacl.public.PublicKey(public_key(SECRET))).encrypt(b"text")
    assert unseal(box, SECRET) == b"text"


@given(st.binary(max_size=120))
def test_arbitrary_bytes_open_to_nothing(box: bytes) -> None:
    assert unseal(box, SECRET) is None


def test_a_changed_box_and_another_secret_open_to_nothing() -> None:
    box = seal(b"text", public_key(SECRET), bytes(32))
    for place in range(len(box)):
        changed = bytearray(box)
        changed[place] ^= 1
        assert unseal(bytes(changed), SECRET) is None
    assert unseal(box, bytes(32)) is None


@pytest.mark.parametrize("u", SMALL_ORDER)
@pytest.mark.parametrize("top_bit", [0, 1 << 255])
def test_points_of_small_order_are_no_exchange_keys(u: int, top_bit: int) -> None:
    assert not is_exchange_key((u | top_bit).to_bytes(32, "little"))


@pytest.mark.parametrize("data", [b"", bytes(31), public_key(SECRET) + b"\x00"])
def test_other_lengths_are_no_exchange_keys(data: bytes) -> None:
    assert not is_exchange_key(data)


def test_a_drawn_key_is_one() -> None:
    assert is_exchange_key(public_key(SECRET))
