"""Account keys: Ed25519, addresses, what is signed and how it is checked.

Whether a signature is valid must be the same everywhere, also for signatures
made to be borderline. RFC 8032 leaves room; libsodium decides. It refuses an S
that is not reduced, a public key that is not canonically encoded, and public
keys and R of small order. Whether the equation is taken times the cofactor has
changed between versions of libsodium, so `check_rules` compares the library at
hand with known answers, and a node refuses to start where they differ.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import nacl.bindings

# The public binding copies every message twice and holds it in a fresh buffer.
from nacl._sodium import ffi, lib  # type: ignore[import-not-found]  # compiled, no stubs

from assay.crypto import bech32
from assay.proto import tx_pb2

SEED_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
ADDRESS_BYTES: Final = 20
ADDRESS_PREFIX: Final = "assay"

TX_TAG: Final = b"assay/tx/v1"
COMMITTEE_TAG: Final = b"assay/committee/v1"
VALIDATOR_TAG: Final = b"assay/validator/v1"
COMMITTEE_KEY_TAG: Final = b"assay/committee-key/v1"


class AddressError(ValueError):
    """A text is not an address of this chain; the message says why."""


class KeyFormatError(ValueError):
    """A key or seed has the wrong length."""


# --- addresses ---------------------------------------------------------------


def address_of(public_key: bytes) -> bytes:
    """Return the 20-byte address of an Ed25519 public key: the head of its SHA-256."""
    return hashlib.sha256(public_key).digest()[:ADDRESS_BYTES]


@lru_cache(maxsize=1 << 15)
def encode_address(address: bytes) -> str:
    """Return a 20-byte address as text, ``assay1...``."""
    if len(address) != ADDRESS_BYTES:
        raise AddressError(f"an address has {ADDRESS_BYTES} bytes, not {len(address)}")
    return bech32.encode(ADDRESS_PREFIX, address)


def decode_address(text: str) -> bytes:
    """Return the 20 bytes of an address given as text.

    Raises
    ------
    AddressError
        If the text is not bech32, has another chain's prefix, or holds another
        number of bytes.
    """
    try:
        prefix, address = bech32.decode(text)
    except bech32.Bech32Error as error:
        raise AddressError(f"{text!r} is not an address: {error}") from None
    if prefix != ADDRESS_PREFIX:
        raise AddressError(
            f"{text!r} is an address of another kind: it begins with {prefix!r}, "
            f"addresses here begin with '{ADDRESS_PREFIX}1'"
        )
    if len(address) != ADDRESS_BYTES:
        raise AddressError(f"{text!r} holds {len(address)} bytes; an address has {ADDRESS_BYTES}")
    return address


# --- keys --------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """A key pair.

    Attributes
    ----------
    seed
        The secret: 32 bytes, never printed.
    public_key
        Ed25519, 32 bytes.
    """

    seed: bytes
    public_key: bytes

    @property
    def address(self) -> bytes:
        """The account's 20-byte address."""
        return address_of(self.public_key)

    @property
    def address_text(self) -> str:
        """The account's address as text, ``assay1...``."""
        return encode_address(self.address)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message`. The same message gives the same bytes."""
        signed = nacl.bindings.crypto_sign(message, self.seed + self.public_key)
        return signed[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"Account({self.address_text})"


def from_seed(seed: bytes) -> Account:
    """Return the account of a 32-byte seed.

    Raises
    ------
    KeyFormatError
        If the seed has another length.
    """
    if len(seed) != SEED_BYTES:
        raise KeyFormatError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
    public_key, _ = nacl.bindings.crypto_sign_seed_keypair(seed)
    return Account(seed, public_key)


def generate() -> Account:
    """Return a new account from the system's randomness."""
    return from_seed(secrets.token_bytes(SEED_BYTES))


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is the key's signature of `message`.

    Releases the interpreter's lock while it computes, so threads verify in parallel.

    Parameters
    ----------
    public_key, message, signature
        Any bytes; keys and signatures of wrong length are simply not valid.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    signed = signature + message
    # Without room for the message libsodium only checks; it copies nothing.
    return bool(lib.crypto_sign_open(ffi.NULL, ffi.NULL, signed, len(signed), public_key) == 0)


# --- what is signed ----------------------------------------------------------


@lru_cache(maxsize=64)
def _domain(tag: bytes, chain_id: str) -> bytes:
    name = chain_id.encode()
    if not 1 <= len(name) <= 255:
        raise ValueError(f"a chain id has 1 to 255 bytes, not {len(name)}")
    return tag + bytes((len(name),)) + name


def tx_sign_bytes(chain_id: str, body: bytes) -> bytes:
    """Return what an account signs: tag, length of the chain id, chain id, canonical TxBody."""
    return _domain(TX_TAG, chain_id) + body


def committee_sign_bytes(chain_id: str, body: bytes) -> bytes:
    """Return what a committee member signs: tag, length of the chain id, chain id, CommitteeBody."""
    return _domain(COMMITTEE_TAG, chain_id) + body


def possession_bytes(tag: bytes, chain_id: str, operator: bytes) -> bytes:
    """Return what a validator's key signs to show that it belongs to an operator's account.

    `tag` is `VALIDATOR_TAG` for the consensus key and `COMMITTEE_KEY_TAG` for the committee key; `operator`
    has 20 bytes. Nothing CometBFT signs begins like this.
    """
    return _domain(tag, chain_id) + operator


def sign_tx(account: Account, chain_id: str, body: bytes) -> bytes:
    """Sign a canonical TxBody and return the bytes of the whole transaction."""
    signature = account.sign(tx_sign_bytes(chain_id, body))
    return tx_pb2.Tx(body=body, public_key=account.public_key, signature=signature).SerializeToString()


def sign_committee_tx(committee_key: Account, chain_id: str, body: bytes) -> bytes:
    """Sign a canonical CommitteeBody and return the bytes of the whole message."""
    signature = committee_key.sign(committee_sign_bytes(chain_id, body))
    return tx_pb2.CommitteeTx(body=body, signature=signature).SerializeToString()
