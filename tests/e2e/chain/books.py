"""Whether a round's money adds up, from proven records and from the history that the node has indexed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from tests.e2e.chain.people import Person

from assay.client import Client, Event
from assay.client.explain import Explanation, explain
from assay.client.tx_results import parse_events
from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import Contribution, Round
from assay.state.rules import keys
from assay.state.rules.payout import owed_to_committee

_PAGE = 100


async def explained(client: Client, round_id: int) -> tuple[Round, list[Contribution], Explanation]:
    """Read a round with proofs, and recompute it offline; whatever does not agree fails."""
    everybody = await client.query.contributions(round_id)
    record = await client.query.round(round_id)
    assert everybody.verified
    assert record.verified
    key = (await client.query.key(record.value.key_id)).value
    found = explain(record.value, everybody.value, by_wire_id(key.preset))
    assert found.disagreements == ()
    return record.value, everybody.value, found


async def check_round_closed(client: Client, record: Round) -> None:
    """Everything that came into a round's escrow went out of it again, but for what a release pays for."""
    kept = owed_to_committee(record)
    assert record.paid + record.refunded + record.burned + kept == record.escrowed
    left = await client.query.account(keys.escrow(record.id))
    assert (left.value.balance, left.verified) == (kept, True)


async def check_person(client: Client, person: Person, change: int) -> None:
    """A person's balance changed by `change` and by the fees of the transactions that are in blocks."""
    fees = 0
    async for _, events in transactions(client, f"tx.sender='{person.address}'"):
        fees += sum(int(event.attributes["fee"]) for event in events if event.kind == "tx")
    balance = (await client.query.account(person.address)).value.balance
    assert balance == person.begin + change - fees, person.name


async def transactions(client: Client, query: str) -> AsyncIterator[tuple[int, tuple[Event, ...]]]:
    """Yield height and events of the transactions that the node's index finds."""
    page = 1
    while True:
        found = await client.rpc.call(
            "tx_search", query=query, prove=False, page=str(page), per_page=str(_PAGE), order_by="asc"
        )
        for item in found["txs"]:
            yield int(item["height"]), parse_events(item["tx_result"].get("events"))
        if page * _PAGE >= int(found["total_count"]):
            return
        page += 1


async def round_history(client: Client, round_id: int) -> list[tuple[int, Event]]:
    """A round's events by height, as `tx_search` and `block_search` find them."""
    query = f"round.id='{round_id}'"
    found = [(height, event) async for height, events in transactions(client, query) for event in events]
    blocks = await client.rpc.call("block_search", query=query, page="1", per_page="100", order_by="asc")
    assert int(blocks["total_count"]) <= _PAGE
    for block in blocks["blocks"]:
        height = int(block["block"]["header"]["height"])
        found += [(height, event) for event in await _block_events(client, height)]
    ours = [item for item in found if item[1].kind == "round" and item[1].attributes["id"] == str(round_id)]
    return sorted(ours, key=lambda item: item[0])


async def _block_events(client: Client, height: int) -> tuple[Event, ...]:
    results: dict[str, Any] = await client.rpc.call("block_results", height=str(height))
    return parse_events(results.get("finalize_block_events"))
