import pytest

from assay.node.doctor import self_tests
from assay.node.doctor.findings import Level
from assay.node.workers.pool import WorkerPool
from assay.node.workers.process import WorkerRefused


async def test_this_machine_gives_the_known_answers() -> None:
    assert [each.level for each in self_tests.signatures()] == [Level.OK]
    assert [each.level for each in await self_tests.engine()] == [Level.OK]


async def test_a_machine_that_computes_something_else_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start(_pool: WorkerPool) -> None:
        raise WorkerRefused("another digest was found.")

    monkeypatch.setattr(WorkerPool, "start", start)
    (found,) = await self_tests.engine()
    assert (found.level, found.text) == (Level.WRONG, "another digest was found")
