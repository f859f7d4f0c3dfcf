"""Updates as integers in the conjugation-invariant subring.

Parameter j of a polynomial sits at ``X^j - X^(N-j)``, which is ``X^j + X^-j``,
for j = 1 .. N/2-1, as the integer ``round(scale * g_j)``. The constant
coefficient of a product of two such polynomials is ``2 * sum g_j g'_j``, so
that scores need neither a transform nor rotations. Rounding happens here, on
the client, and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.crypto.errors import CryptoError
from assay.crypto.presets import Preset


class PackingError(CryptoError, ValueError):
    """An update that cannot be packed."""


def normalise(update: ArrayLike) -> NDArray[np.float64]:
    """Scale an update to unit Euclidean norm.

    Parameters
    ----------
    update : array_like
        Real parameters in the order of the model's layout; flattened.

    Raises
    ------
    PackingError
        The update is empty, zero, or not finite.
    """
    vector = np.asarray(update, dtype=np.float64).ravel()
    if vector.size == 0 or not np.isfinite(vector).all():
        raise PackingError("the update is empty or has entries that are not finite numbers; train again")
    largest = np.abs(vector).max()
    if largest == 0:
        raise PackingError(
            "the update is zero: training did not move the model, so there is nothing to submit"
        )
    vector = vector / largest  # squares of the remainder neither overflow nor vanish
    return np.asarray(vector / np.sqrt(vector @ vector), dtype=np.float64)


def quantise(update: ArrayLike, preset: Preset) -> NDArray[np.int64]:
    """Fixed-point integers ``round(scale * g_j)`` of a normalised copy of `update`, shape (count,)."""
    return np.rint(np.ldexp(normalise(update), preset.scale.bit_length() - 1)).astype(np.int64)


def pack(values: NDArray[Any], preset: Preset) -> NDArray[Any]:
    """Coefficients of the polynomials that carry these integers.

    Parameters
    ----------
    values : array of int64 or object, shape (count,)
        One integer a parameter, any count above zero.

    Returns
    -------
    array of the same dtype, shape (ceil(count / (N/2 - 1)), N)
        Antisymmetric rows: entry j is the negative of entry N - j; entries 0 and N/2 are zero.
    """
    rows = preset.ciphertexts_for(len(values))
    padded = np.zeros(rows * preset.capacity, dtype=values.dtype)
    padded[: len(values)] = values
    coefficients = np.zeros((rows, preset.degree), dtype=values.dtype)
    half = preset.degree // 2
    coefficients[:, 1:half] = padded.reshape(rows, preset.capacity)
    coefficients[:, half + 1 :] = -coefficients[:, half - 1 : 0 : -1]
    return coefficients


def unpack(differences: NDArray[Any], count: int, preset: Preset) -> NDArray[np.float64]:
    """Real parameters of integers ``d_j - d_(N-j)`` (twice the packed values), as the released sum has them.

    Parameters
    ----------
    differences : array of int, shape (ciphertexts, N/2 - 1)
    count : int
        Parameters of the model; padding beyond it is dropped.
    """
    flat = differences.reshape(-1)[:count]
    return np.array([int(d) / (2 * preset.scale) for d in flat], dtype=np.float64)


def symmetric_part(coefficients: NDArray[Any]) -> NDArray[Any]:
    """Differences ``d_j - d_(N-j)``, j = 1 .. N/2-1, of signed coefficients: (..., N) to (..., N/2 - 1)."""
    half = coefficients.shape[-1] // 2
    return np.asarray(coefficients[..., 1:half] - coefficients[..., :half:-1])
