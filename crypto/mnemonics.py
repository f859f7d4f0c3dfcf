"""From 24 words to an account key.

The words are BIP-39 (English list, 256 bits of entropy, no extra passphrase).
The key is derived by SLIP-0010 for Ed25519 at ``m/44'/118'/0'/0'/0'``: every
step hardened, as Ed25519 demands, under the coin type that CometBFT chains
share. Other wallets that speak both standards find the same key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from mnemonic import Mnemonic

from assay.crypto import accounts

WORDS: Final = 24
ENTROPY_BYTES: Final = 32
PATH: Final = (44, 118, 0, 0, 0)
PATH_TEXT: Final = "m/" + "/".join(f"{index}'" for index in PATH)

_HARDENED: Final = 0x80000000
_ENGLISH: Final = Mnemonic("english")


class MnemonicError(ValueError):
    """The words are not a mnemonic; the message says which one, or that the checksum fails."""


def normalize(words: str) -> str:
    """Return the words in lower case with single spaces between them."""
    return " ".join(words.lower().split())


def to_entropy(words: str) -> bytes:
    """Return the 32 bytes that 24 words stand for.

    Raises
    ------
    MnemonicError
        If the number of words is not 24, a word is not in the list, or the
        checksum does not match.
    """
    listed = normalize(words).split(" ") if words.strip() else []
    if len(listed) != WORDS:
        raise MnemonicError(f"a mnemonic has {WORDS} words, these are {len(listed)}")
    known = set(_ENGLISH.wordlist)
    for place, word in enumerate(listed, start=1):
        if word not in known:
            raise MnemonicError(f"word {place}, {word!r}, is not in the BIP-39 English list")
    try:
        return bytes(_ENGLISH.to_entropy(listed))
    except ValueError:
        raise MnemonicError("the checksum does not match: a word is wrong or two are swapped") from None


def from_entropy(entropy: bytes) -> str:
    """Return the 24 words that stand for 32 bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise MnemonicError(f"entropy has {ENTROPY_BYTES} bytes, not {len(entropy)}")
    return str(_ENGLISH.to_mnemonic(entropy))


def slip10(seed: bytes, path: tuple[int, ...]) -> bytes:
    """Derive an Ed25519 secret by SLIP-0010.

    Parameters
    ----------
    seed
        BIP-32 seed, 16 to 64 bytes.
    path
        Indices below 2^31; each step is hardened.

    Returns
    -------
    bytes
        32-byte Ed25519 seed.
    """
    node = hmac.digest(b"ed25519 seed", seed, hashlib.sha512)
    for index in path:
        step = b"\x00" + node[:32] + (index | _HARDENED).to_bytes(4, "big")
        node = hmac.digest(node[32:], step, hashlib.sha512)
    return node[:32]


def account_of(entropy: bytes) -> accounts.Account:
    """Return the account of 32 bytes of mnemonic entropy."""
    seed = Mnemonic.to_seed(from_entropy(entropy))
    return accounts.from_seed(slip10(bytes(seed), PATH))


def account_from_words(words: str) -> accounts.Account:
    """Return the account of a 24-word mnemonic; refuses what `to_entropy` refuses."""
    return account_of(to_entropy(words))
