"""Values are kept as long as there is room, the latest longest."""

from __future__ import annotations

from assay.crypto.recent import Recent


def test_a_value_is_made_once_while_there_is_room() -> None:
    made: list[int] = []
    kept: Recent[int, int] = Recent(2)

    def value(key: int) -> int:
        return kept.get(key, lambda: made.append(key) or key)  # type: ignore[func-returns-value]

    assert [value(key) for key in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert made == [1, 2, 3, 2]
    kept.clear()
    value(2)
    assert made == [1, 2, 3, 2, 2]


def test_values_have_weights_and_the_latest_stays_however_heavy() -> None:
    made: list[str] = []
    kept: Recent[str, str] = Recent(3, len)
    for key in ("a", "b", "ccccc", "ccccc", "a"):
        kept.get(key, lambda key=key: made.append(key) or key)  # type: ignore[misc]
    assert made == ["a", "b", "ccccc", "a"]
