"""A public random value that no t members know before it is opened.

The value is a sum of one integer a seed, each uniform modulo Q and derived from the key's seeds and the
coin's number. It is shared like every other value, opened like a scalar, and hashed to 32 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.crypto.committee.decoding import Decoded, Undecided, decode_integer
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import share_bytes
from assay.crypto.committee.sharing import Sharer
from assay.crypto.ring import cipher_ring


def gen_share(sharer: Sharer, number: int) -> int:
    """Return the member's share, in ``[0, Q)``, of a coin; each of a key's coins has a number of its own."""
    return sharer.integer("coin", sharer.key.preset.modulus, 0, number)


def aggregate_shares(key: CommitteeKey, number: int, shares: Mapping[int, int]) -> Decoded[bytes] | Undecided:
    """Combine shares (member -> integer in ``[0, Q)``) into a coin: 32 bytes."""
    result = decode_integer(key.size, cipher_ring(key.preset), shares)
    if isinstance(result, Undecided):
        return result
    return Decoded(key.hash("coin", number.to_bytes(8, "little"), share_bytes(result.value)), result.wrong)
