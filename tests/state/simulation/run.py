"""A simulation: random operations of every kind for some blocks, all invariants after each.

    python -m tests.state.simulation.run --seed 1 --blocks 200 --operations 100

prints the app hash of every block, and at the end what was accepted and refused. The same seed gives the same
hashes on every machine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.state.conftest import CHAIN_ID
from tests.state.simulation.chain import SimulatedChain
from tests.state.simulation.operations import (
    ASY,
    BALANCE,
    GENESIS_VALIDATORS,
    PEOPLE,
    People,
    committee_key,
    consensus_key,
    person,
)
from tests.state.stake import create_message

from assay.crypto.accounts import sign_tx
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import Message, TxBody
from assay.state import export
from assay.state.genesis import gen_txs, write_genesis
from assay.state.overlay import Overlay
from assay.state.rules.params import default_params
from assay.state.store import Store

COMMITTEE_KEYS = {who.address: committee_key(who) for who in (person(number) for number in range(PEOPLE))}


def params_of(rng: Random) -> Params:
    """Parameters under which much happens in two hundred blocks, other ones for every seed."""
    params = default_params(development=True)
    changes = {
        "preset": pb.PRESET_SMALL,
        "key_pool": 1,
        "ceremony_window": rng.choice([40, 10_000]),
        "min_bounty": 1,
        "min_deposit": 0,
        "min_scoring_fee": 0,
        "unbonding_period": rng.choice([15, 30, 60]),
        "max_validators": rng.choice([3, 5, 8]),
        "signed_blocks_window": rng.choice([10, 25]),
        "min_signed": 5_000,
        "downtime_jail": rng.choice([3, 10]),
        "committee_jail": rng.choice([5, 20]),
        "slash_downtime": rng.choice([1, 100]),
        "slash_block_entries": rng.choice([1, 2, 1_000]),
        "blocks_per_year": rng.choice([1_000, 10**6]),
        "max_entries": rng.choice([2, 7]),
        "max_contributors": 4,
        "release_window": 15,
    }
    for name, value in changes.items():
        setattr(params, name, value)
    return params


def app_state(params: Params, rng: Random) -> bytes:
    """The genesis of a chain with some validators, and balances for everybody."""
    people = People(rng).everybody
    return json.dumps(
        {
            "params": export.params_document(params),
            "accounts": [{"address": who.address_text, "balance": str(BALANCE)} for who in people],
            "gen_txs": [_gen_tx(number, rng.randrange(2, 30) * ASY) for number in range(GENESIS_VALIDATORS)],
        }
    ).encode()


def _gen_tx(number: int, amount: int) -> dict[str, Any]:
    operator = person(number)
    message = create_message(operator, consensus_key(operator), committee_key(operator), amount)
    body = TxBody(messages=[Message(create_validator=message)])
    return gen_txs.to_document(sign_tx(operator, CHAIN_ID, body.SerializeToString(deterministic=True)))


@contextmanager
def simulated(seed: int, state: bytes | None = None, height: int = 0) -> Iterator[SimulatedChain]:
    """Begin a chain in a directory of its own, from a seed's genesis or from another one."""
    rng = Random(seed)
    written = app_state(params_of(rng), rng)
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "store", create=True) as store:
        genesis = Overlay(store)
        first = write_genesis(genesis, CHAIN_ID, state or written, height + 1)
        yield SimulatedChain(store, Random(seed + 1), genesis, height, first, COMMITTEE_KEYS)


def go_on(chain: SimulatedChain, people: People, blocks: int, operations: int) -> None:
    """Let people act for some blocks."""
    for _ in range(blocks):
        chain.block(people.transactions(chain.view(), chain.height + 1, operations))


def main() -> None:
    """Run one seed and tell what happened."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--operations", type=int, default=100)
    chosen = parser.parse_args()
    with simulated(chosen.seed) as chain:
        go_on(chain, People(Random(chosen.seed + 2)), chosen.blocks, chosen.operations)
        for height, root in chain.roots.items():
            print(height, root.hex())
    print("accepted", dict(sorted(chain.tally.accepted.items())))
    print("refused", {" ".join(map(str, key)): n for key, n in sorted(chain.tally.refused.items())})
    print("events", dict(sorted(chain.tally.events.items())))


if __name__ == "__main__":
    main()
