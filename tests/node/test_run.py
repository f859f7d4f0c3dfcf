"""How the parts of a node end; tests/e2e runs whole ones."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from assay.node.run import opened_store
from assay.state.store import Store


async def test_the_store_is_closed_when_no_thread_uses_it_any_more(tmp_path: Path) -> None:
    """A block that does not end in time is cut short, but its thread goes on, in LevelDB's own memory."""
    leaving, read = threading.Event(), threading.Event()

    def work(store: Store) -> None:
        leaving.wait(60)
        for number in range(1000):
            assert store.get(b"key%d" % number) is None
        read.set()

    async with opened_store(tmp_path / "store", 8) as store:
        block = asyncio.ensure_future(asyncio.to_thread(work, store))
        await asyncio.sleep(0)
        block.cancel()
        threading.Timer(0.2, leaving.set).start()
    assert read.is_set()


async def test_as_many_versions_are_kept_as_the_settings_say(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "store", 3) as store:
        for version in range(1, 13):
            store.commit(store.prepare(version, {b"key": b"%d" % version}))
        store.prune()
        assert (store.oldest_version, store.version) == (10, 12)
