"""Records as cells of a table."""

from __future__ import annotations

from assay.client.cli.show import cell


def test_what_a_field_holds_itself_stands_below_it() -> None:
    record = {
        "tokens": 1_500_000,
        "commission": {"rate": 500, "changed": 1},
        "nobody": {},
        "seats": [{"a": 1}],
    }
    told = "tokens: 1.5 ASY\ncommission:\n  rate: 5%\n  changed: 1\nnobody: \nseats: a: 1"
    assert cell("", record) == told
