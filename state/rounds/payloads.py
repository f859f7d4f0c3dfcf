"""The form of payloads, and their sums."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Final

from assay.crypto import scoring
from assay.crypto.ckks import payload
from assay.crypto.ckks.payload import PayloadError
from assay.crypto.presets import Preset, by_wire_id
from assay.crypto.ring.tables import U64
from assay.proto.state_pb2 import Key, Round
from assay.state.context import Context
from assay.state.rules import errors, keys

_CODES: Final[dict[type[PayloadError], type[errors.PayloadRefused]]] = {
    payload.BadMagic: errors.PayloadMagic,
    payload.UnknownVersion: errors.PayloadVersion,
    payload.WrongPreset: errors.PayloadPreset,
    payload.WrongCount: errors.PayloadCount,
    payload.WrongLength: errors.PayloadLength,
    payload.ResidueOutOfRange: errors.PayloadResidue,
    payload.ZeroPolynomial: errors.PayloadZero,
}

_Verdict = tuple[type[errors.PayloadRefused], str] | None


class VerdictCache:
    """Remembers what is wrong with payloads, good and bad, by their digest and what was expected of them.

    A verdict follows from the bytes alone, so whether it is remembered changes only the time taken. Threads
    may share a cache.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = Lock()
        self._verdicts: OrderedDict[tuple[bytes, int, int], _Verdict] = OrderedDict()

    def verdict(self, digest: bytes, data: bytes, preset: Preset, count: int) -> _Verdict:
        """Return what is wrong with a payload, None if nothing is."""
        place = (digest, preset.wire_id, count)
        with self._lock:
            if place in self._verdicts:
                self._verdicts.move_to_end(place)
                return self._verdicts[place]
        found = _judge(data, preset, count)
        with self._lock:
            self._verdicts[place] = found
            if len(self._verdicts) > self._capacity:
                self._verdicts.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._verdicts.clear()


VERDICTS: Final = VerdictCache(1024)


def check(digest: bytes, data: bytes, preset: Preset, count: int) -> None:
    """Refuse a payload that is not in the canonical form.

    Parameters
    ----------
    digest
        SHA-256 of `data`.
    count
        Ciphertexts it must have.

    Raises
    ------
    PayloadRefused
        The subclass has the code of the reason.
    """
    found = VERDICTS.verdict(digest, data, preset, count)
    if found is not None:
        kind, sentence = found
        raise kind(sentence)


def _judge(data: bytes, preset: Preset, count: int) -> _Verdict:
    try:
        payload.parse(data, preset, count)
    except PayloadError as error:
        return _CODES[type(error)], str(error)
    return None


def sum_of(ctx: Context, record: Round, digests: Iterable[bytes]) -> U64:
    """Add payloads of a round, ciphertext by ciphertext: residues of shape (K, 2, 2, N)."""
    preset, scope = preset_of(ctx, record), keys.round_scope(record.id)
    parsed = []
    for digest in digests:
        data = ctx.view.get_bulk(scope, digest)
        if data is None:
            raise RuntimeError(f"a payload of round {record.id} is not kept")
        parsed.append(payload.parse(data, preset, record.ciphertexts).ciphertexts)
    return scoring.add_payloads(parsed, preset)


def is_degenerate(total: U64) -> bool:
    """Tell whether a polynomial of a sum is zero, as no payload's may be: the updates were made to cancel."""
    return not bool(total.any(axis=(-1, -2)).all())


def preset_of(ctx: Context, record: Round) -> Preset:
    """Return the preset of a round's key."""
    return by_wire_id(ctx.view.require(Key, keys.committee_key(record.key_id)).preset)
