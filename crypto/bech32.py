"""Bech32 (BIP-173) without the segwit rules: text with a prefix and a checksum.

The checksum of six characters finds up to four wrong characters for certain in
texts of up to 90 characters.
"""

from __future__ import annotations

from typing import Final

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
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


def encode(prefix: str, data: bytes) -> str:
    """Return `data` as bech32 text.

    Parameters
    ----------
    prefix
        Human-readable part, lower case.
    data
        Any bytes as long as the text stays within 90 characters.
    """
    values = _regroup(list(data), 8, 5, pad=True)
    check = _polymod(_expand(prefix) + values + [0] * _CHECKSUM_LENGTH) ^ 1
    values += [check >> 5 * (5 - i) & 31 for i in range(_CHECKSUM_LENGTH)]
    text = prefix + "1" + "".join(_ALPHABET[value] for value in values)
    if len(text) > MAX_LENGTH:
        raise Bech32Error(f"{len(data)} bytes do not fit into {MAX_LENGTH} characters of bech32")
    return text


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
