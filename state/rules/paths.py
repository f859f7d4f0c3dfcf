"""Every record by a path that people can type: one table for the node, the client and docs/rpc.md.

A path is a pattern of `ROUTES` with its places filled in, ``/round/7/contribution/assay1…``; its record lies
under the table's byte and the places in their order. A path that ends before its last places is the list of
all records that continue it: ``/round``, ``/round/7/contribution``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from google.protobuf.message import Message

from assay.crypto.accounts import decode_address, encode_address
from assay.proto import staking_pb2 as staking
from assay.proto import state_pb2 as pb
from assay.state.rules import keys
from assay.state.rules.errors import BadQuery, UnknownPath

MAX_PATH: Final = 256


class Kind(NamedTuple):
    """What can stand in a place of a pattern.

    Attributes
    ----------
    size
        Bytes it takes in a key.
    what
        What people are told to write.
    encode, decode
        From text to these bytes, raising ValueError, and back.
    """

    size: int
    what: str
    encode: Callable[[str], bytes]
    decode: Callable[[bytes], str]


def _number(size: int) -> Kind:
    def encode(text: str) -> bytes:
        if not (text.isascii() and text.isdigit()) or int(text) >= 1 << 8 * size:
            raise ValueError("not such a number")
        return int(text).to_bytes(size, "big")

    what = f"a number from 0 to {(1 << 8 * size) - 1}"
    return Kind(size, what, encode, lambda raw: str(int.from_bytes(raw, "big")))


def _hexadecimal(size: int) -> Kind:
    def encode(text: str) -> bytes:
        raw = bytes.fromhex(text)
        if len(raw) != size or len(text) != 2 * size:
            raise ValueError("of another length")
        return raw

    return Kind(size, f"{2 * size} hexadecimal digits", encode, bytes.hex)


def _letter(text: str) -> bytes:
    if len(text) != 1:
        raise ValueError("not one letter")
    return text.encode("ascii")


_U64: Final = _number(8)
_U8: Final = _number(1)

_ADDRESS: Final = Kind(
    keys.ADDRESS_BYTES, "an address, which begins with assay1", decode_address, encode_address
)

KINDS: Final[dict[str, Kind]] = {
    "address": _ADDRESS,
    "coin": _U64,
    "digest": _hexadecimal(keys.DIGEST_BYTES),
    "entry": _U64,
    "height": _U64,
    "key": _U64,
    "kind": _U8,
    "letter": Kind(1, "k, r, u or v", _letter, lambda raw: raw.decode("latin-1")),
    "member": _U8,
    "model": _hexadecimal(keys.DIGEST_BYTES),
    "number": _U64,
    "opening": _U64,
    "operator": _ADDRESS,
    "phase": _U8,
    "round": _U64,
    "source": _ADDRESS,
    "target": _ADDRESS,
    "validator": _hexadecimal(keys.ADDRESS_BYTES),
}
"""By the name that stands between angle brackets in a pattern."""


@dataclass(frozen=True)
class Route:
    """One kind of record.

    Attributes
    ----------
    pattern
        Its path; ``<name>`` is a place of the kind of that name.
    table
        What its keys begin with; the whole key of a record that exists once.
    record
        Its message; None for one that says nothing but that it is there.
    """

    pattern: str
    table: bytes
    record: type[Message] | None

    @cached_property
    def segments(self) -> tuple[tuple[str, Kind | None], ...]:
        """The pattern's parts: a word and None, or a place's name and kind."""
        parts = [part.strip("<>") if part[0] == "<" else part for part in self.pattern.split("/")[1:]]
        places = [part[0] == "<" for part in self.pattern.split("/")[1:]]
        return tuple(
            (part, KINDS[part] if place else None) for part, place in zip(parts, places, strict=True)
        )

    @cached_property
    def key_bytes(self) -> int:
        """Length of every key."""
        return len(self.table) + sum(kind.size for _, kind in self.segments if kind)

    @cached_property
    def words(self) -> int:
        """How many parts a path must have: all up to the last word."""
        return max(at for at, (_, kind) in enumerate(self.segments, 1) if kind is None)

    def path(self, key: bytes) -> str:
        """Return the path of the record under a key."""
        parts, at = [], len(self.table)
        for name, kind in self.segments:
            parts.append(name if kind is None else kind.decode(key[at : at + kind.size]))
            at += 0 if kind is None else kind.size
        return "/" + "/".join(parts)


ROUTES: Final = (
    Route("/account/<address>", keys.ACCOUNT, pb.Account),
    Route("/model/<model>", keys.MODEL, pb.ModelRecord),
    Route("/round/<round>", keys.ROUND, pb.Round),
    Route("/round/<round>/contribution/<address>", keys.CONTRIBUTION, pb.Contribution),
    Route("/key/<key>", keys.KEY, pb.Key),
    Route("/key/<key>/slot/<phase>/<member>/<number>", keys.SLOT, pb.SlotRecord),
    Route("/key/<key>/mask/<digest>", keys.MASK, pb.MaskUse),
    Route("/key/<key>/coin/<coin>", keys.MASK, pb.MaskUse),
    Route("/opening/<opening>", keys.OPENING, pb.Opening),
    Route("/decided/<opening>", keys.DECIDED, pb.Decided),
    Route("/fault/<validator>/<key>/<kind>", keys.FAULT, pb.Fault),
    Route("/suspension/<validator>", keys.SUSPENSION, pb.Suspension),
    Route("/deadline/<height>/<letter>/<number>", keys.DEADLINE, None),
    Route("/validator/<operator>", keys.VALIDATOR, staking.ValidatorRecord),
    Route("/validator/<operator>/delegator/<address>", keys.DELEGATOR, None),
    Route("/validator/<operator>/unbonding/<entry>", keys.UNBONDING_FROM, None),
    Route("/validator/<operator>/redelegation/<entry>", keys.REDELEGATION_FROM, None),
    Route("/validator-queue/<height>/<operator>", keys.VALIDATOR_QUEUE, None),
    Route("/rank/<number>/<operator>", keys.POWER, None),
    Route("/consensus-address/<validator>", keys.CONSENSUS_ADDRESS, None),
    Route("/delegation/<address>/<operator>", keys.DELEGATION, staking.Delegation),
    Route("/unbonding/<entry>", keys.UNBONDING, staking.UnbondingEntry),
    Route("/unbonding-by/<address>/<operator>/<entry>", keys.UNBONDING_BY, None),
    Route("/redelegation/<entry>", keys.REDELEGATION, staking.RedelegationEntry),
    Route("/redelegation-by/<address>/<target>/<source>/<entry>", keys.REDELEGATION_BY, None),
    Route("/rewards/<operator>", keys.REWARDS, staking.ValidatorRewards),
    Route("/withdraw-address/<address>", keys.WITHDRAW_ADDRESS, staking.WithdrawAddress),
    Route("/signing-info/<validator>", keys.SIGNING_INFO, staking.SigningInfo),
    Route("/slash/<operator>/<number>", keys.SLASH, staking.SlashRecord),
    Route("/slash-queue", keys.SLASH_QUEUE, staking.SlashQueue),
    Route("/community-pool", keys.COMMUNITY_POOL, staking.CommunityPool),
    Route("/upgrade-signal/<operator>", keys.UPGRADE_SIGNAL, pb.UpgradeSignal),
    Route("/params", keys.PARAMS, pb.Params),
    Route("/supply", keys.SUPPLY, pb.Supply),
    Route("/key-pool", keys.KEY_POOL, pb.KeyPool),
    Route("/counters", keys.COUNTERS, pb.Counters),
    Route("/validator-sets", keys.VALIDATOR_SETS, pb.ValidatorSets),
)
"""Every kind of record there is."""


class Place(NamedTuple):
    """What a path means.

    Attributes
    ----------
    route
        The kind of record.
    key
        The record's key, or what the keys of a list begin with.
    """

    route: Route
    key: bytes

    @property
    def is_list(self) -> bool:
        """Whether it is a list of records."""
        return len(self.key) < self.route.key_bytes


def resolve(path: str) -> Place:
    """Return what a path means.

    Raises
    ------
    UnknownPath
        If no pattern begins like it.
    BadQuery
        If one of its places is filled wrongly.
    """
    parts = path[: MAX_PATH + 1].removesuffix("/").split("/")
    for route in ROUTES if len(path) <= MAX_PATH and parts[0] == "" else ():
        if _fits(route, parts[1:]):
            return Place(route, _key(route, parts[1:]))
    raise UnknownPath(f"there is no path {path[:64]!r}; docs/rpc.md lists them")


def _fits(route: Route, parts: list[str]) -> bool:
    if not route.words <= len(parts) <= len(route.segments):
        return False
    named = zip(route.segments, parts, strict=False)
    return all(kind is not None or name == part for (name, kind), part in named)


def _key(route: Route, parts: list[str]) -> bytes:
    key = route.table
    for (name, kind), part in zip(route.segments, parts, strict=False):
        try:
            key += kind.encode(part) if kind else b""
        except ValueError:  # an AddressError is one, too
            what = kind.what if kind else ""
            raise BadQuery(f"{part!r} in the path {route.pattern} is no <{name}>: write {what}") from None
    return key
