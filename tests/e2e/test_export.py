"""The end of a chain and its continuation as another one, by the operator's commands, on a real node."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import RunningNode
from tests.e2e.test_assayd import assayd

from assay.client import Client
from assay.client.faucet import pour
from assay.crypto.accounts import generate
from assay.crypto.mnemonics import account_from_words
from assay.node import chainstate
from assay.node.founders import OPERATOR_FILE
from assay.state import ledger
from assay.state.store import Store

pytestmark = pytest.mark.e2e

MakeNode = Callable[..., RunningNode]


async def test_a_chain_goes_on_where_another_has_ended(
    assayd_node: MakeNode, pinned_cometbft: Path, tmp_path: Path
) -> None:
    node, somebody = assayd_node(pinned_cometbft), generate().address_text
    node.start("--check-invariants").wait_for_key()
    async with Client(node.rpc_url) as client:
        await pour(client, somebody, 12_345)
    running = assayd(node, "export")
    assert (running.returncode, "another process" in running.stderr) == (1, True)
    node.stop()

    file = tmp_path / "continued.json"
    done = assayd(node, "export", "--chain-id", "assay-2", "--output-document", str(file))
    assert done.returncode == 0, done.stderr
    with Store.open(node.home.store) as store:
        ended, root = store.version, store.root.hex().upper()
    assert f"The state after height {ended}, with app hash {root}." in done.stderr
    document = json.loads(file.read_text())
    assert (document["chain_id"], document["initial_height"]) == ("assay-2", str(ended + 1))
    earlier = assayd(node, "export", "--height", str(ended - 1))
    assert json.loads(earlier.stdout)["initial_height"] == str(ended)
    lost = assayd(node, "export", "--height", str(ended + 1))
    assert (lost.returncode, f"height {ended + 1} is not kept" in lost.stderr) == (1, True)
    checked = assayd(node, "validate-genesis", str(file))
    assert f"chain assay-2 begins at height {ended + 1}" in checked.stdout

    node.home.genesis_file.write_text(file.read_text())
    assert assayd(node, "reset", "--yes", "--anew").returncode == 0
    node.start("--check-invariants").wait_for_height(ended + 2, 120)
    node.wait_for_key()
    async with Client(node.rpc_url) as client:
        assert await client.chain_id() == "assay-2"
        assert (await client.query.account(somebody)).value.balance == 12_345
        await pour(client, somebody, 1)  # the faucet's sequence goes on, too
    operator = account_from_words((node.home.path / OPERATOR_FILE).read_text())
    view, (first,) = chainstate.first_state(document)
    assert first.power == int(node.rpc("validators")["validators"][0]["voting_power"])
    assert ledger.account(view, operator.address).sequence == 1
    assert "every invariant holds" in assayd(node, "verify").stdout
