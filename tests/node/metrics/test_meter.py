"""What is counted, and that counting changes no answer."""

from pathlib import Path
from typing import Any

import pytest
from tests.node.shell.test_shell import VALIDATOR, Node, block, check, genesis, injected, transfer

from assay.node.metrics.instruments import METHODS, Instruments
from assay.node.metrics.meter import meter
from assay.proto import abci_pb2 as abci


class Metered:
    """Two applications that are told the same, one of them metered."""

    def __init__(self, path: Path) -> None:
        self.plain, self.metered = made(path / "plain"), made(path / "metered")
        self.instruments = Instruments()
        meter(self.metered.app, self.instruments)

    def value(self, name: str, **labels: str) -> float:
        return self.instruments.registry.get_sample_value(f"assay_{name}", labels) or 0.0


def made(path: Path) -> Node:
    path.mkdir()
    return Node(path)


@pytest.fixture
async def both(tmp_path: Path) -> Any:
    found = Metered(tmp_path)
    for node in (found.plain, found.metered):
        await node.app.init_chain(genesis())
    yield found
    for node in (found.plain, found.metered):
        await node.close()


async def test_answers_are_the_same_and_codes_are_counted(both: Metered) -> None:
    txs = (transfer(0), b"junk", transfer(7))
    forged = injected(1, VALIDATOR)
    assert await check(both.plain, *txs) == await check(both.metered, *txs) == [0, 2, 4]
    assert await check(both.plain, *txs[2:], again=True) == await check(both.metered, *txs[2:], again=True)
    for height in (1, 2):
        entries = (forged, *txs) if height == 2 else txs
        assert await block(both.plain, height, *entries) == await block(both.metered, height, *entries)
    assert both.value("blocks_total") == 2
    assert both.value("transactions_total", codespace="ok", code="0") == 1
    assert both.value("transactions_total", codespace="auth", code="2") == 2
    # The votes' shares stand in front of a block and are no transaction.
    assert both.value("transactions_total", codespace="committee", code="5") == 0
    assert both.value("mempool_checked_total") == 3
    refusals = [
        (sample.name, sample.labels["code"], sample.value)
        for family in both.instruments.registry.collect()
        for sample in family.samples
        if sample.name in ("assay_mempool_refused_total", "assay_mempool_dropped_total")
    ]
    assert sorted(refusals) == [
        ("assay_mempool_dropped_total", "4", 1.0),
        ("assay_mempool_refused_total", "2", 1.0),
        ("assay_mempool_refused_total", "4", 1.0),
    ]


async def test_a_block_that_is_never_committed_is_not_counted(both: Metered) -> None:
    request = abci.RequestFinalizeBlock(height=1, txs=[transfer(0)])
    await both.metered.app.finalize_block(request)
    await both.metered.app.finalize_block(request)
    assert both.value("blocks_total") == 0
    await both.metered.app.commit(abci.RequestCommit())
    assert both.value("blocks_total") == both.value("transactions_total", codespace="ok", code="0") == 1


async def test_every_call_is_timed_by_its_name(both: Metered) -> None:
    await both.metered.app.info(abci.RequestInfo())
    await both.metered.app.list_snapshots(abci.RequestListSnapshots())
    await check(both.metered, b"junk", b"more")
    assert [both.value("abci_seconds_count", method=method) for method in ("info", "list_snapshots")] == [
        1,
        1,
    ]
    assert both.value("abci_seconds_count", method="check_tx_batch") == 1  # one batch


async def test_an_exception_goes_through_and_the_call_is_timed(both: Metered) -> None:
    with pytest.raises(RuntimeError, match="before FinalizeBlock"):
        await both.metered.app.commit(abci.RequestCommit())
    assert both.value("abci_seconds_count", method="commit") == 1
    assert both.value("blocks_total") == 0


async def test_every_handler_of_an_application_is_timed(both: Metered) -> None:
    public = {name for name in dir(both.plain.app) if not name.startswith("_")}
    assert set(METHODS) == public
