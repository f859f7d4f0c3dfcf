"""What a question or a forgotten version costs does not grow with how many versions are kept."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from assay.state.store import Store, history
from assay.state.store.view import View

VERSIONS = 300
HOT = {b"hot%d" % number for number in range(5)}


class Counted:
    """A database, or a snapshot of one, whose reads are counted."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.reads = 0

    def get(self, key: bytes) -> Any:
        self.reads += 1
        return self.source.get(key)

    def iterator(self, **options: Any) -> Any:
        return CountedIterator(self, self.source.iterator(**options))


class CountedIterator:
    def __init__(self, owner: Counted, source: Any) -> None:
        self._owner, self._source = owner, source
        self.seek = source.seek

    def __enter__(self) -> CountedIterator:
        return self

    def __exit__(self, *why: object) -> None:
        self._source.__exit__(*why)

    def __iter__(self) -> CountedIterator:
        return self

    def __next__(self) -> Any:
        self._owner.reads += 1
        return next(self._source)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store whose every version changes the same few records."""
    with Store.open(tmp_path / "store", create=True, retain_versions=VERSIONS) as opened:
        for version in range(1, VERSIONS + 1):
            opened.commit(opened.prepare(version, dict.fromkeys(HOT, b"%d" % version)))
        yield opened


@pytest.mark.parametrize("version", [VERSIONS, VERSIONS // 2, 1])
def test_a_list_costs_as_much_as_it_is_long(store: Store, version: int) -> None:
    """Anybody may ask for one, and blocks wait meanwhile."""
    with store._db.snapshot() as snapshot:
        counted = Counted(snapshot)
        listed = list(View(counted, version).iterate(b"hot", b"", 4))
    assert listed == [(key, b"%d" % version) for key in sorted(HOT)]
    assert counted.reads < 10 * len(HOT)


def test_bytes_are_forgotten_at_the_cost_of_what_was_noted_of_others(store: Store) -> None:
    """The next commit waits for it."""
    digest = sha256(b"bytes").digest()
    store.commit(store.prepare(VERSIONS + 1, {}, {(b"scope", digest): b"bytes"}))
    store.commit(store.prepare(VERSIONS + 2, {}, bulk_drops=[b"scope"]))
    counted = Counted(store._db)
    found = list(history.journals(counted, 1, VERSIONS + 2))
    assert len(found) == 2
    assert counted.reads < 10
