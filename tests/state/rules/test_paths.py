"""Paths of records: each kind has one, and only one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.crypto.accounts import encode_address
from assay.state.rules import keys, paths
from assay.state.rules.errors import BadQuery, QueryError, UnknownPath
from assay.state.rules.paths import ROUTES, Route

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "state.json").read_text(encoding="utf-8")
)["store_keys"]
ROUND, SENDER = 258, bytes(range(20))
OWNER = encode_address(SENDER)


@pytest.mark.parametrize("item", VECTORS, ids=lambda item: item["record"])
def test_every_record_has_a_path_that_leads_back_to_its_key(item: dict[str, Any]) -> None:
    key = bytes.fromhex(item["key"])
    (route,) = [each for each in ROUTES if each.table == key[:1] and each.key_bytes == len(key)]
    assert route.record is not None
    assert route.record.DESCRIPTOR.name == item["record"]
    assert paths.resolve(route.path(key)) == (route, key)
    assert not paths.resolve(route.path(key)).is_list


def test_every_table_has_a_path() -> None:
    beside = {keys.STAKE_CHANGED}  # never stands after a block
    public = {
        value
        for name, value in vars(keys).items()
        if name.isupper() and not name.startswith(("_", "DEADLINE_")) and isinstance(value, bytes)
    }
    assert {value for value in public if len(value) == 1} == {route.table for route in ROUTES} | beside


@given(st.data())
def test_no_path_means_two_things(data: st.DataObject) -> None:
    route: Route = data.draw(st.sampled_from(ROUTES))
    key = route.table + data.draw(
        st.binary(min_size=route.key_bytes - 1, max_size=route.key_bytes - 1).filter(
            lambda raw: route.table != keys.DEADLINE or (0x21 <= raw[8] < 0x7F and raw[8:9] != b"/")
        )
    )
    text = route.path(key)
    assert paths.resolve(text) == (route, key)
    cut = data.draw(st.integers(route.words, len(route.segments)))
    place = paths.resolve("/".join(text.split("/")[: cut + 1]))
    assert place.route == route
    assert key.startswith(place.key)
    assert place.is_list == (cut < len(route.segments))


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/round", keys.ROUND),
        ("/round/", keys.ROUND),
        ("/round/258/contribution", keys.contributions(ROUND)),
        ("/key/7/slot", keys.slots(7)),
        ("/key/7/slot/4", keys.phase_slots(7, 4)),
        ("/fault", keys.FAULT),
        (f"/fault/{SENDER.hex()}", keys.faults(SENDER)),
        ("/deadline/9", keys.deadlines(9)),
        (f"/delegation/{OWNER}", keys.delegations(SENDER)),
        (f"/validator/{OWNER}/delegator", keys.delegators(SENDER)),
        (f"/unbonding-by/{OWNER}", keys.unbondings_by(SENDER)),
        (f"/redelegation-by/{OWNER}/{OWNER}", keys.redelegations_by(SENDER, SENDER)),
        (f"/slash/{OWNER}", keys.slashes(SENDER)),
    ],
)
def test_a_path_without_its_last_places_is_a_list(path: str, prefix: bytes) -> None:
    place = paths.resolve(path)
    assert (place.key, place.is_list) == (prefix, True)


@pytest.mark.parametrize(
    ("path", "reason", "sentence"),
    [
        ("", UnknownPath, "no path"),
        ("/", UnknownPath, "no path"),
        ("round/1", UnknownPath, "no path"),
        ("/rounds/1", UnknownPath, "no path"),
        ("/round/1/contributions", UnknownPath, "no path"),
        ("/params/1", UnknownPath, "no path"),
        ("/key/1/2", UnknownPath, "no path"),
        ("/round/1" + "/" * 300, UnknownPath, "no path"),
        ("/round//contribution", BadQuery, "is no <round>: write a number from 0 to 18446744073709551615"),
        ("/round/-1", BadQuery, "is no <round>"),
        ("/round/18446744073709551616", BadQuery, "is no <round>"),
        ("/round/¹", BadQuery, "is no <round>"),
        ("/key/1/slot/256", BadQuery, "a number from 0 to 255"),
        ("/account/assay1", BadQuery, "write an address"),
        ("/account/" + "00" * 20, BadQuery, "write an address"),
        ("/model/00", BadQuery, "64 hexadecimal digits"),
        ("/model/" + " 0" * 32, BadQuery, "64 hexadecimal digits"),
        ("/suspension/" + "zz" * 20, BadQuery, "40 hexadecimal digits"),
        ("/deadline/1/kk", BadQuery, "write k, r, u or v"),
        ("/deadline/1/é", BadQuery, "write k, r, u or v"),
    ],
)
def test_other_paths_are_refused_with_a_sentence(path: str, reason: type[QueryError], sentence: str) -> None:
    with pytest.raises(reason, match=sentence):
        paths.resolve(path)
