"""Encrypting an update under a round's key, with a proof that one knows what is in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.client.client import Client
from assay.client.errors import ClientError
from assay.crypto.ckks import payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack, quantise
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import by_wire_id
from assay.crypto.proof import Context, prove
from assay.crypto.ring import cipher_ring, fresh_seed
from assay.crypto.ring.tables import U64
from assay.proto.state_pb2 import Key
from assay.state.rules import keys


class BadKey(ClientError):
    """A committee key's public part is not one that can be encrypted under."""


@dataclass(frozen=True)
class EncryptionKey:
    """A committee key one can encrypt under.

    Attributes
    ----------
    name
        What the committee's protocols call it; holds preset and size.
    p0
        First polynomial of the public key, NTT form, shape (2, N); the second follows from the name.
    digest
        What the key's record says of p0.
    """

    name: CommitteeKey
    p0: U64
    digest: bytes


def key_name(chain_id: str, record: Key) -> CommitteeKey:
    """Return what the committee's protocols call a key."""
    return CommitteeKey(chain_id, record.id, by_wire_id(record.preset), len(record.members))


async def fetch_key(client: Client, key_id: int) -> EncryptionKey:
    """Return a committee key: its record proven, its bytes checked against the record's digest."""
    record = (await client.query.key(key_id)).value
    name = key_name(await client.chain_id(), record)
    data = await client.query.bulk(keys.key_scope(key_id), record.public_key)
    words = np.frombuffer(data, dtype="<u8").astype(np.uint64)
    shape = (len(name.preset.cipher_primes), name.preset.degree)
    if words.size != shape[0] * shape[1] or not cipher_ring(name.preset).is_canonical(words.reshape(shape)):
        raise BadKey(f"the public part of key {key_id} is not one of preset {name.preset.name}")
    return EncryptionKey(name, words.reshape(shape), record.public_key)


def encrypt_contribution(
    key: EncryptionKey, update: NDArray[np.float64], round_id: int, sender: bytes
) -> bytes:
    """Encrypt an update for a round; nobody but this sender can submit it, and to no other round.

    Parameters
    ----------
    key
        The round's key.
    update
        Parameters after training minus before, shape (parameters,).
    round_id
        The round.
    sender
        20-byte address.

    Raises
    ------
    PackingError
        If the update is zero or not finite.
    """
    name = key.name
    return _encrypt(key, update, Context.submission(name.chain_id, round_id, sender, name.key_id, key.digest))


def encrypt_reference(key: EncryptionKey, update: NDArray[np.float64], owner: bytes) -> bytes:
    """Encrypt an owner's reference update for the round it will open under this key; see above."""
    name = key.name
    return _encrypt(key, update, Context.reference(name.chain_id, owner, name.key_id, key.digest))


def _encrypt(key: EncryptionKey, update: NDArray[np.float64], context: Context) -> bytes:
    """Normalise an update to length 1, round it to fixed point, encrypt it, and prove that one knows it."""
    preset = key.name.preset
    messages = pack(quantise(update, preset), preset)
    public = (key.p0, common_polynomial(key.name))
    ciphertexts, randomness = encrypt(messages, *public, preset, fresh_seed())
    proof = prove(preset, public, ciphertexts, messages, randomness, context, fresh_seed())
    return payload.encode(ciphertexts, proof, preset)
