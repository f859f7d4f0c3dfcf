"""The test a new key must pass before a round may take it: ``Enc(1) * Enc(1)`` opens to one.

The two encryptions under the new public key use randomness that everybody derives from the key's name, so
every node makes the same ciphertexts. Their doubled product is opened by the committee like any score:
public key, relinearisation key and shares of the secret key must fit together for it to come out within
mask and noise of the unit.
"""

from __future__ import annotations

import numpy as np

from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import noise_bound
from assay.crypto.ring.tables import U64


def ciphertexts(key: CommitteeKey, p0: U64) -> tuple[U64, U64]:
    """Return the two encryptions of an update of length 1: its first parameter is 1, the others are 0.

    Parameters
    ----------
    key : CommitteeKey
    p0 : uint64 array
        First polynomial of the public key: NTT form modulo Q, shape (2, N).

    Returns
    -------
    tuple of uint64 array
        Two ciphertexts, shape (2, 2, N) each: polynomial, prime, residue in NTT form.
    """
    one = pack(np.array([key.preset.scale], dtype=np.int64), key.preset)
    seed = key.hash("self-test")
    both, _ = encrypt(np.concatenate([one, one]), p0, common_polynomial(key), key.preset, seed)
    return both[0], both[1]


def passes(key: CommitteeKey, value: int) -> bool:
    """Tell whether the opened scalar of the doubled product is the unit, up to mask and noise."""
    # Each factor brings 4 * scale times one coefficient of its noise; the noises' own product is far smaller.
    noise = 2 * 4 * key.preset.scale * noise_bound(key.preset, key.size)
    return abs(value - key.preset.unit) <= key.preset.score_mask + noise
