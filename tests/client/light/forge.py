"""Chains made up for tests, in the JSON of a node's RPC, and a node that has them."""

from __future__ import annotations

import base64
import copy
import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from assay.client.errors import RpcError
from assay.client.light import votes
from assay.client.light.header import (
    NANOSECONDS,
    BlockId,
    Commit,
    Header,
    Signature,
    Validator,
    ValidatorSet,
)
from assay.client.light.parse import light_block
from assay.crypto.accounts import Account, from_seed

CHAIN_ID = "forged-1"
START = (int(time.time()) - 3600) * NANOSECONDS
BLOCK_SECONDS = 10

Powers = Sequence[tuple[Account, int]]
Raw = dict[str, Any]
"""``signed_header`` and ``validators`` as a node sends them."""

PEOPLE = [from_seed(hashlib.sha256(bytes([number])).digest()) for number in range(20)]


def equal(*people: int) -> Powers:
    """Validators of power 10 each."""
    return [(PEOPLE[number], 10) for number in people]


@dataclass(frozen=True)
class Step:
    """A block to be made.

    Attributes
    ----------
    validators
        Of this block.
    signers
        Who signs it, by their number among the validators; None for all.
    header
        Changes the header before it is signed.
    """

    validators: Powers
    signers: Iterable[int] | None = None
    header: Callable[[Header], Header] = lambda header: header


def sorted_set(powers: Powers) -> ValidatorSet:
    """CometBFT's order: by power, then by address."""
    validators = [Validator(account.public_key, power) for account, power in powers]
    return ValidatorSet(tuple(sorted(validators, key=lambda each: (-each.power, each.address))))


def chain(steps: Sequence[Step], first: int = 1) -> dict[int, Raw]:
    """Make blocks that follow one another; the last one names its own validators as the next ones."""
    made: dict[int, Raw] = {}
    last = BlockId(b"", 0, b"")
    for number, step in enumerate(steps):
        after = steps[min(number + 1, len(steps) - 1)]
        height = first + number
        made[height], last = block(height, step, after.validators, last)
    return made


def block(height: int, step: Step, after: Powers, last: BlockId) -> tuple[Raw, BlockId]:
    """Make one block, and what the next one calls it."""
    validators = sorted_set(step.validators)
    header = step.header(
        Header(
            block_version=11,
            app_version=1,
            chain_id=CHAIN_ID,
            height=height,
            time=START + height * BLOCK_SECONDS * NANOSECONDS + 123456789,
            last_block_id=last,
            last_commit_hash=digest("commit", height),
            data_hash=digest("data", height),
            validators_hash=validators.hash,
            next_validators_hash=sorted_set(after).hash,
            consensus_hash=digest("consensus", 0),
            app_hash=digest("app", height),
            last_results_hash=digest("results", height),
            evidence_hash=digest("evidence", 0),
            proposer_address=validators.validators[0].address,
        )
    )
    ident = BlockId(header.hash, 1, digest("parts", height))
    keys = {account.public_key: account for account, _ in step.validators}
    accounts = [keys[each.public_key] for each in validators.validators]
    who = range(len(accounts)) if step.signers is None else step.signers
    commit = signed(header, ident, accounts, set(who))
    return {
        "signed_header": {"header": header_json(header), "commit": commit},
        "validators": set_json(validators),
    }, ident


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


def signed(header: Header, ident: BlockId, accounts: Sequence[Account], who: set[int]) -> Any:
    """Return a commit that some of the accounts sign."""
    bare = Commit(header.height, 0, ident, ())
    places = []
    for number, account in enumerate(accounts):
        if number not in who:
            places.append(
                {
                    "block_id_flag": 1,
                    "validator_address": "",
                    "timestamp": "0001-01-01T00:00:00Z",
                    "signature": None,
                }
            )
            continue
        place = Signature(True, account.address, header.time + NANOSECONDS + number, b"")
        signature = account.sign(votes.sign_bytes(header.chain_id, bare, place))
        places.append(
            {
                "block_id_flag": 2,
                "validator_address": account.address.hex().upper(),
                "timestamp": moment(place.time),
                "signature": base64.b64encode(signature).decode(),
            }
        )
    return {"height": str(header.height), "round": 0, "block_id": ident_json(ident), "signatures": places}


def moment(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09}Z"


def ident_json(ident: BlockId) -> Any:
    parts = {"total": ident.parts, "hash": ident.parts_hash.hex().upper()}
    return {"hash": ident.hash.hex().upper(), "parts": parts}


def header_json(header: Header) -> Any:
    hashes = {
        name: value.hex().upper()
        for name, value in vars(header).items()
        if isinstance(value, bytes) and name != "hash"
    }
    return {
        "version": {"block": str(header.block_version), "app": str(header.app_version)},
        "chain_id": header.chain_id,
        "height": str(header.height),
        "time": moment(header.time),
        "last_block_id": ident_json(header.last_block_id),
        **hashes,
    }


def set_json(validators: ValidatorSet) -> list[Any]:
    return [
        {
            "address": each.address.hex().upper(),
            "pub_key": {
                "type": "tendermint/PubKeyEd25519",
                "value": base64.b64encode(each.public_key).decode(),
            },
            "voting_power": str(each.power),
            "proposer_priority": "0",
        }
        for each in validators.validators
    ]


def header_hash(raw: Raw) -> bytes:
    """Return the hash of a block's header."""
    return light_block(raw["signed_header"], raw["validators"]).header.hash


def with_header(**fields: Any) -> Callable[[Header], Header]:
    """Change fields of a header before it is signed."""
    return lambda header: replace(header, **fields)


def damaged(draw: random.Random, raw: Raw) -> Raw:
    """Change one thing anywhere in what a node sends."""
    spoiled = copy.deepcopy(raw)
    places = list(leaves(spoiled))
    parent, key = draw.choice(places)
    value = parent[key]
    other = draw.choice(places)
    match draw.randrange(4):
        case 0:
            parent[key] = other[0][other[1]]
        case 1 if isinstance(value, str) and value:
            at = draw.randrange(len(value))
            parent[key] = value[:at] + draw.choice("0123456789ABCDEF") + value[at + 1 :]
        case 2:
            parent[key] = draw.choice(("", "0", "1", "-1", 0, 1, 2, 3, None, "9223372036854775807"))
        case _:
            lists = [spoiled["validators"], spoiled["signed_header"]["commit"]["signatures"]]
            spoil_list(draw, draw.choice(lists))
    return spoiled


def spoil_list(draw: random.Random, items: list[Any]) -> None:
    match draw.randrange(3):
        case 0:
            draw.shuffle(items)
        case 1:
            items.pop()
        case _:
            items.append(items[0])


def leaves(raw: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where every value stands that is no list or object, but for those that we do not read."""
    for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw):
        if isinstance(value, (dict, list)):
            yield from leaves(value)
        elif key not in ("proposer_priority", "address", "proposer"):
            yield raw, key


class FakeRpc:
    """A node that has these blocks, and counts what it is asked for."""

    def __init__(self, blocks: dict[int, Raw], page: int = 100) -> None:
        self.blocks = copy.deepcopy(blocks)
        self.asked: list[int] = []
        self.calls = 0
        self.url = "http://fake"
        self._page = page

    async def batch(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
        return [self._answer(method, params) for method, params in calls]

    async def call(self, method: str, **params: Any) -> Any:
        answer = self._answer(method, params)
        if isinstance(answer, RpcError):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing is open."""

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        self.calls += 1
        if method == "blockchain":
            span = range(int(params["maxHeight"]), int(params["minHeight"]) - 1, -1)
            found = [
                self.blocks[height]["signed_header"]["header"] for height in span if height in self.blocks
            ]
            return {"block_metas": [{"header": header} for header in found[:20]]}
        raw = self.blocks.get(int(params["height"]))
        if raw is None:
            return RpcError(method, -32603, "Internal error", f"height {params['height']} is not available")
        if method == "header":
            return {"header": raw["signed_header"]["header"]}
        if method == "commit":
            self.asked.append(int(params["height"]))
            return {"signed_header": raw["signed_header"], "canonical": True}
        start = (int(params["page"]) - 1) * self._page
        validators = raw["validators"]
        return {"validators": validators[start : start + self._page], "total": str(len(validators))}
