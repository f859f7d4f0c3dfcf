"""Records in a genesis: each by its path (`assay.state.rules.paths`), its value in protobuf's JSON.

The genesis of a chain that continues another one has all of its records but
the parameters, which stand beside them and may be changed, within their bounds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from assay.proto.state_pb2 import Counters, Validator, ValidatorSet, ValidatorSets
from assay.state import invariants
from assay.state.context import Context
from assay.state.genesis.fields import BadGenesis, as_list, as_message, check_fields
from assay.state.rules import keys
from assay.state.rules.errors import AssayError
from assay.state.rules.paths import ROUTES, Route, resolve
from assay.state.staking.validator_set import newest_set
from assay.state.validators import records as validators

_FIELDS: Final = frozenset(("path", "value"))
_OF_ROUNDS: Final = (keys.SLOT, keys.MASK, keys.OPENING, keys.DECIDED, keys.KEY_POOL)
"""Tables of what is under way: a chain that ends has wound it up."""


def to_documents(records: Iterable[tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """Return records, given by key, as they stand in a genesis.

    Raises
    ------
    RuntimeError
        If a record is of no known kind: a fault of this program.
    """
    return [_document(key, value) for key, value in records if key != keys.PARAMS]


def _document(key: bytes, value: bytes) -> dict[str, Any]:
    route = _route(key)
    if route.record is None:
        return {"path": route.path(key), "value": value.hex()}
    record = route.record.FromString(value)
    return {"path": route.path(key), "value": MessageToDict(record, preserving_proto_field_name=True)}


def _route(key: bytes) -> Route:
    for route in ROUTES:
        if key.startswith(route.table) and len(key) == route.key_bytes:
            return route
    raise RuntimeError(f"no path leads to the record {key.hex()}")


def write(ctx: Context, value: Any) -> list[Validator]:
    """Write the records of a genesis over a state that has parameters only; return the validators.

    Raises
    ------
    BadGenesis
        If a record is of no known kind or stands twice, something is still under way, or an invariant of the
        chain does not hold.
    """
    for number, entry in enumerate(as_list(value, "records")):
        _write(ctx, entry, f"records[{number}]")
    _check_counters(ctx)
    for table in _OF_ROUNDS:
        if next(ctx.view.iterate(table), None) is not None:
            raise BadGenesis("records: a round or a key is under way; `assayd export` winds both up")
    return _check(ctx)


def _write(ctx: Context, entry: Any, where: str) -> None:
    check_fields(entry, _FIELDS, where)
    try:
        place = resolve(entry["path"] if isinstance(entry["path"], str) else "")
    except AssayError as error:
        raise BadGenesis(f"{where}: {error}") from None
    if place.is_list or ctx.view.get(place.key) is not None:
        raise BadGenesis(f"{where}: {entry['path']} is a list, or stands twice")
    if place.route.record is not None:
        ctx.view.save(place.key, as_message(entry["value"], place.route.record, f"{where}.value"))
        return
    try:
        ctx.view.put(place.key, bytes.fromhex(entry["value"]))
    except (TypeError, ValueError):
        raise BadGenesis(f"{where}.value must be hexadecimal") from None


def _check_counters(ctx: Context) -> None:
    """Refuse counters that would give out an id a second time."""
    counters = ctx.view.load(Counters, keys.COUNTERS) or Counters()
    for table, following in (
        (keys.KEY, counters.next_key),
        (keys.ROUND, counters.next_round),
        (keys.UNBONDING, counters.next_unbonding),
        (keys.REDELEGATION, counters.next_unbonding),
        (keys.SLASH, counters.next_slash),
    ):
        given = [keys.parse_entry(key) for key, _ in ctx.view.iterate(table)]
        if max(given, default=0) >= following:
            raise BadGenesis("records: /counters is missing, or gives an id out that a record has already")


def _check(ctx: Context) -> list[Validator]:
    """Refuse records that contradict one another; make the newest validator set the first one."""
    newest = newest_set(ctx.view)
    try:
        invariants.check_all(ctx.view)
        expected = _bonded(ctx)
    except (RuntimeError, AssayError) as error:
        raise BadGenesis(f"records: {error}") from None
    if not newest or newest != expected:
        raise BadGenesis("records: the validator set is not that of the bonded validators and their stake")
    first = ValidatorSet(first_height=ctx.height, validators=newest)
    ctx.view.save(keys.VALIDATOR_SETS, ValidatorSets(sets=[first]))
    return newest


def _bonded(ctx: Context) -> list[Validator]:
    """Return the bonded validators with the voting power of their stake, by consensus address."""
    found = [
        Validator(
            address=validators.consensus_address(record),
            public_key=record.public_key,
            power=validators.power(record, ctx.params),
        )
        for record in validators.listed(ctx.view)
        if validators.is_bonded(record)
    ]
    return sorted(found, key=lambda each: each.address)
