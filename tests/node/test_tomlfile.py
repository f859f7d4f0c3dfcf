import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.node.tomlfile import UnknownSettingError, set_values

TEXT = """\
# a = "not a setting"
a = "old"  # said here

[one]
# about a
a = 1
long-name = [ "x", ]
[one.two]  # deeper
a = true
[[list]]
a = 9
"""


def test_only_the_named_values_change() -> None:
    changed = set_values(TEXT, {"a": "new", "one": {"a": 2, "two": {"a": False}, "long-name": []}})
    assert tomllib.loads(changed) == {
        "a": "new",
        "one": {"a": 2, "long-name": [], "two": {"a": False}},
        "list": [{"a": 9}],
    }
    assert '# a = "not a setting"' in changed
    assert "# about a" in changed


def test_nothing_to_change_changes_nothing() -> None:
    assert set_values(TEXT, {}) == TEXT


def test_a_setting_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownSettingError, match=r"one\.b"):
        set_values(TEXT, {"one": {"b": 1}})


def test_a_value_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        set_values(TEXT, {"a": None})


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**63), 2**63 - 1) | st.booleans())
def test_values_come_back_as_they_were(value: str | int | bool) -> None:
    assert tomllib.loads(set_values(TEXT, {"a": value, "one": {"long-name": [value]}}))["a"] == value
