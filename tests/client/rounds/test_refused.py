"""Opening a round at a node whose refusals are not true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.client.devnode import ALICE, DevNode
from tests.client.rounds.stage import Stage

from assay.client import TxRefused
from assay.client.bounty import SECRETS
from assay.state.rules.errors import FeeTooLow, KeyNotReady


@pytest.fixture
def refusing(served: tuple[str, DevNode]) -> Iterator[list[Any]]:
    """Errors with which the node refuses what it passes on all the same, one for each transaction."""
    reasons: list[Any] = []

    def refuse(method: str, result: dict[str, Any]) -> dict[str, Any]:
        if method != "broadcast_tx_sync" or not reasons:
            return result
        reason = reasons.pop(0)
        return result | {"code": reason.code, "codespace": reason.codespace, "log": "no"}

    served[1].spoil = refuse
    yield reasons
    served[1].spoil = None


async def opened(stage: Stage) -> list[bytes]:
    """The owner's keys of the rounds on this stage's model."""
    await stage.client.blocks.until(await stage.client.blocks.height() + 3)
    rounds = (await stage.client.query.rounds()).value
    return [item.owner_public_key for item in rounds if item.model_id == stage.model_id]


async def test_no_refusal_costs_the_secret_of_a_round(stage: Stage, refusing: list[Any]) -> None:
    """Without it nobody could ever open the sum that was paid for."""
    refusing.append(FeeTooLow)
    with pytest.raises(TxRefused):
        await stage.open()
    (key,) = await opened(stage)
    assert stage.home(ALICE).read_json(SECRETS, f"{key.hex()}.json")["secret"]


async def test_a_node_that_is_not_trusted_gets_one_bounty(
    stage: Stage, refusing: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing += [KeyNotReady, FeeTooLow]
    with monkeypatch.context() as patch:
        patch.setattr(stage.client, "light", object())
        with pytest.raises(TxRefused) as refused:
            await stage.open()
    assert refused.value.reason is KeyNotReady
    assert len(await opened(stage)) == 1
