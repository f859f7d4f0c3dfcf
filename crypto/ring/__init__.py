"""Arithmetic in ``Z_q[X] / (X^N + 1)`` for several NTT primes at once, and its samplers.

A polynomial is an array of residues, ``uint64`` of shape ``(primes, N)``, in
SEAL's NTT order (entry i is the value at ``psi^(2 * bitrev(i) + 1)``, psi the
least primitive 2N-th root of unity) unless a name says ``coefficients``.
"""

from assay.crypto.ring.ring import Ring, cipher_ring, key_ring
from assay.crypto.ring.sampling import Stream, fresh_seed

__all__ = ["Ring", "Stream", "cipher_ring", "fresh_seed", "key_ring"]
