"""Bech32 (BIP-173) without the segwit rules: text with a prefix and a checksum.

The checksum of six characters finds up to four wrong characters for certain in
texts of up to 90 characters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH: Final = 6

MAX_LENGTH: Final = 90


class Bech32Error(ValueError):
    """The text is not bech32; the message says what is wrong with it."""


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                check ^= generator
    return check


def _expand(prefix: str) -> list[int]:
    codes = [ord(character) for character in prefix]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _regroup(data: list[int], width_in: int, width_out: int, pad: bool) -> list[int]:
    """Regroup bits, most significant first. Without `pad`, left-over bits must be zero and few."""
    accumulator = bits = 0
    groups: list[int] = []
    for value in data:
        accumulator = accumulator << width_in | value
        bits += width_in
        while bits >= width_out:
            bits -= width_out
            groups.append(accumulator >> bits & (1 << width_out) - 1)
        accumulator &= (1 << bits) - 1
    if pad and bits:
        groups.append(accumulator << width_out - bits & (1 << width_out) - 1)
    if not pad and (bits >= width_in or accumulator):
        raise Bech32Error("the text does not hold a whole number of bytes")
    return groups


@lru_cache(maxsize=64)
def _tables(prefix: str, size: int) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """The checksum of `size` zero bytes, and what each value of each byte changes in it.

    The checksum is linear over GF(2) in the data: the parts of the bytes are XORed. That makes an address
    ten times cheaper to write than going through its characters, and every event holds two.
    """
    head, length = _expand(prefix), _CHECKSUM_LENGTH

    def check(data: bytes) -> int:
        return _polymod(head + _regroup(list(data), 8, 5, pad=True) + [0] * length)

    base = check(bytes(size))
    bits = [
        [check(bytes(i) + bytes((1 << bit,)) + bytes(size - i - 1)) ^ base for bit in range(8)]
        for i in range(size)
    ]
    return base ^ 1, tuple(map(_sums, bits))


def _sums(parts: list[int]) -> tuple[int, ...]:
    """The XOR of every choice of the parts; part i is in those whose number has bit i."""
    sums = [0]
    for part in parts:
        sums += [value ^ part for value in sums]
    return tuple(sums)


def encode(prefix: str, data: bytes) -> str:
    """Return `data` as bech32 text.

    Parameters
    ----------
    prefix
        Human-readable part, lower case.
    data
        Any bytes as long as the text stays within 90 characters.
    """
    size = len(data)
    groups = -(-size * 8 // 5)
    if len(prefix) + 1 + groups + _CHECKSUM_LENGTH > MAX_LENGTH:
        raise Bech32Error(f"{size} bytes do not fit into {MAX_LENGTH} characters of bech32")
    check, tables = _tables(prefix, size)
    for table, value in zip(tables, data, strict=True):
        check ^= table[value]
    padded = int.from_bytes(data, "big") << (groups * 5 - size * 8)
    return f"{prefix}1{_characters(padded, groups)}{_characters(check, _CHECKSUM_LENGTH)}"


def _characters(number: int, count: int) -> str:
    """Write the lowest `count` groups of five bits, two at a time."""
    pairs = [_PAIRS[number >> shift & 1023] for shift in range((count // 2 - 1) * 10, -1, -10)]
    return (_ALPHABET[number >> (count - 1) * 5 & 31] if count % 2 else "") + "".join(pairs)


def _split(text: str) -> tuple[str, list[int]]:
    if len(text) > MAX_LENGTH:
        raise Bech32Error(f"the text has {len(text)} characters; bech32 has at most {MAX_LENGTH}")
    if text != text.lower() and text != text.upper():
        raise Bech32Error("the text mixes upper and lower case")
    prefix, separator, rest = text.lower().rpartition("1")
    if not separator or not prefix or len(rest) < _CHECKSUM_LENGTH:
        raise Bech32Error("the text has no prefix followed by '1' and at least six characters")
    if any(not 33 <= ord(character) <= 126 for character in prefix):
        raise Bech32Error("the prefix has a character that may not stand in bech32")
    for character in rest:
        if character not in _VALUE:
            raise Bech32Error(f"the character {character!r} does not occur in bech32")
    return prefix, [_VALUE[character] for character in rest]


def decode(text: str) -> tuple[str, bytes]:
    """Return prefix and bytes of bech32 text.

    Raises
    ------
    Bech32Error
        If the text is not bech32 or its checksum does not match.
    """
    prefix, values = _split(text)
    if _polymod(_expand(prefix) + values) != 1:
        raise Bech32Error("the checksum does not match: a character is wrong, missing or too many")
    return prefix, bytes(_regroup(values[:-_CHECKSUM_LENGTH], 5, 8, pad=False))
