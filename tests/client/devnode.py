"""A node for tests of the client: the real state machine behind the RPC of CometBFT, with blocks on a timer.

There is no consensus; a committee of one if asked for. Answers can be spoiled on purpose.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiohttp import WSMsgType, web
from tests import founding
from tests.state.committee import RealCommittee
from tests.state.conftest import CHAIN_ID

from assay.client import faucet
from assay.crypto.accounts import from_seed
from assay.node.shell.chain import Chain
from assay.proto.state_pb2 import PRESET_SMALL, PRESET_STANDARD, CommitteeSeat, ValidatorSets
from assay.state import proofs
from assay.state.check import MempoolView
from assay.state.context import Vote
from assay.state.envelope import AccountTx, decode
from assay.state.query import Queries
from assay.state.rules import keys
from assay.state.rules.errors import AssayError, WorkerUnavailable
from assay.state.rules.params import default_params
from assay.state.store import Store
from assay.state.transition import Block, TxResult

BALANCE = 10**12
ALICE, BOB, CAROL = (from_seed(bytes([number]) * 32) for number in (1, 2, 3))
_PROPOSER = founding.founder(0).consensus_key.address
_PARAMS = {"key_pool": 1, "ceremony_window": 10_000, "min_bounty": 1, "min_deposit": 0, "min_scoring_fee": 0}

Spoil = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Changes the result of a method, given the method's name and the true result."""


def app_state(*, development: bool = True) -> bytes:
    """Genesis with a faucet and three rich accounts."""
    params = default_params(development=development)
    params.preset = PRESET_SMALL if development else PRESET_STANDARD
    for name, value in _PARAMS.items():
        setattr(params, name, value)
    founders = [founding.founder(number, params.min_seat_stake) for number in range(params.min_committee)]
    people = (ALICE, BOB, CAROL, faucet.account())
    return json.dumps(founding.app_state(CHAIN_ID, founders, people, params, BALANCE)).encode()


@dataclass
class DevNode:
    """The node's side, living in the server's event loop.

    Attributes
    ----------
    calls
        How often each method was called.
    batches
        Sizes of the batches received.
    spoil
        Changes results.
    max_subscriptions
        As CometBFT's `max_subscriptions_per_client`.
    drop_sockets
        Set to have every websocket closed at the next block.
    away
        Consensus addresses of validators that do not vote.
    """

    chain: Chain
    block_seconds: float
    calls: dict[str, int] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    spoil: Spoil | None = None
    max_subscriptions: int = 5
    drop_sockets: bool = False
    away: set[bytes] = field(default_factory=set)
    hold_blocks: bool = False

    def __post_init__(self) -> None:
        self.mempool: deque[tuple[bytes, AccountTx]] = deque()
        self.seen: set[bytes] = set()
        self.busy = 0  # how many proofs its workers will not get to
        self.results: dict[bytes, dict[str, Any]] = {}
        self.headers: dict[int, dict[str, Any]] = {}
        self.sockets: dict[web.WebSocketResponse, dict[str, int]] = {}
        self.queries = Queries(self.chain.store, CHAIN_ID)
        self.view: MempoolView | None = None
        self.committee: RealCommittee | None = None
        self.subscribed = threading.Event()  # set once four subscriptions were made
        self._app_hash = b""

    # --- blocks --------------------------------------------------------------

    def start(self, state: bytes) -> None:
        """Run genesis and the first two blocks, so that something can be proven."""
        _, self._app_hash = self.chain.init(state, 1)
        self._execute()
        self._execute()

    def seat_committee(self, directory: Path) -> None:
        """Have every block carry what an honest committee sends."""
        member = founding.founder(0)
        seats = [CommitteeSeat(validator=member.consensus_key.address)]
        chain = SimpleNamespace(
            memory=self.chain.store,
            params=self.chain.params(),
            seats=seats,
            committee_keys=[member.committee_key],
        )
        self.committee = RealCommittee(chain, directory)  # type: ignore[arg-type]

    def _execute(self) -> tuple[int, list[tuple[bytes, TxResult]], list[Any]]:
        height, raws = self.chain.height + 1, list(self.mempool)
        self.mempool.clear()
        self.headers[height] = {
            "height": str(height),
            "app_hash": self._app_hash.hex().upper(),
            "time": datetime.now(UTC).isoformat().replace("+00:00", "000Z"),
        }
        entries: list[Any] = [entry for _, entry in raws]
        extensions, products = [], {}
        if self.committee is not None:
            entries += self.committee.messages()
            extensions, products = self.committee.extensions(), self.committee.products()
        block = Block(height, entries, extensions, products, proposer=_PROPOSER, votes=self._votes(height))
        result, self._app_hash = self.chain.execute(block)
        self.chain.commit()
        self.view = None
        done = [(raw, res) for (raw, _), res in zip(raws, result.tx_results, strict=False)]
        return height, done, result.events

    def _votes(self, height: int) -> list[Vote]:
        """Return the last commit: everybody who could sign it has, but who is away."""
        sets = self.chain.view().require(ValidatorSets, keys.VALIDATOR_SETS).sets if height > 1 else []
        signed = [entry for entry in sets if entry.first_height < height]
        return [
            Vote(item.address, item.power, item.address not in self.away)
            for item in (signed[-1].validators if signed else ())
        ]

    async def make_block(self) -> None:
        """Execute what waits, and tell the subscribers."""
        height, done, _ = self._execute()
        for index, (raw, result) in enumerate(done):
            self.results[hashlib.sha256(raw).digest()] = _tx(height, index, raw, result)
        for socket, queries in list(self.sockets.items()):
            with suppress(ConnectionError):
                await self._tell(socket, queries, height, done)
        if self.drop_sockets:
            self.drop_sockets = False
            for socket in list(self.sockets):
                await socket.close()

    async def _tell(
        self, socket: web.WebSocketResponse, queries: dict[str, int], height: int, done: list[Any]
    ) -> None:
        for query, ident in list(queries.items()):
            if query == "tm.event='NewBlockHeader'":
                await _event(socket, ident, query, {"header": self.headers[height]})
            for raw, _ in done:
                tx_hash = hashlib.sha256(raw).digest()
                if f"tx.hash='{tx_hash.hex().upper()}'" in query:
                    found = self.results[tx_hash]
                    value = {key: found[key] for key in ("height", "index")} | {"result": found["tx_result"]}
                    await _event(socket, ident, query, {"TxResult": value})

    async def run(self) -> None:
        """Make blocks until cancelled."""
        while True:
            await asyncio.sleep(self.block_seconds)
            if not self.hold_blocks:
                await self.make_block()

    # --- RPC -----------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a POST: one call, or a batch."""
        body = await request.json()
        if isinstance(body, list):
            self.batches.append(len(body))
            answers = [self._answer(call) for call in body]
            return web.json_response(answers if len(answers) > 1 else answers[0])
        return web.json_response(self._answer(body))

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        method, head = call["method"], {"jsonrpc": "2.0", "id": call["id"]}
        self.calls[method] = self.calls.get(method, 0) + 1
        try:
            result = getattr(self, f"rpc_{method}")(**call["params"])
        except Refusal as error:
            return {**head, "error": {"code": -32603, "message": "Internal error", "data": str(error)}}
        if self.spoil is not None:
            result = self.spoil(method, result)
        return {**head, "result": result}

    def rpc_status(self) -> dict[str, Any]:
        height = str(self.chain.height)
        return {"node_info": {"network": CHAIN_ID}, "sync_info": {"latest_block_height": height}}

    def rpc_abci_info(self) -> dict[str, Any]:
        return {"response": {"last_block_height": str(self.chain.height)}}

    def rpc_header(self, height: str) -> dict[str, Any]:
        if int(height) not in self.headers:
            raise Refusal(f"height {height} must be less than or equal to the current blockchain height")
        return {"header": self.headers[int(height)]}

    def rpc_block(self, height: str) -> dict[str, Any]:
        txs = [item["tx"] for item in self._indexed(int(height))]
        return {"block": {"header": self.headers[int(height)], "data": {"txs": txs}}}

    def rpc_block_results(self, height: str) -> dict[str, Any]:
        return {"height": height, "txs_results": [item["tx_result"] for item in self._indexed(int(height))]}

    def _indexed(self, height: int) -> list[dict[str, Any]]:
        return [item for item in self.results.values() if item["height"] == str(height)]

    def rpc_abci_query(self, path: str, data: str, height: str = "0", prove: bool = False) -> dict[str, Any]:
        try:
            answer = self.queries.answer(path, bytes.fromhex(data), int(height), prove)
        except AssayError as error:
            return {"response": {"code": error.code, "codespace": error.codespace, "log": str(error)}}
        response: dict[str, Any] = {
            "key": _b64(answer.key),
            "value": _b64(answer.value),
            "height": str(answer.height),
        }
        if answer.proof is not None:
            response["proofOps"] = {
                "ops": [{"type": "ics23:smt", "key": _b64(answer.key), "data": _b64(answer.proof)}]
            }
        return {"response": response}

    def rpc_broadcast_tx_sync(self, tx: str) -> dict[str, Any]:
        raw = base64.b64decode(tx)
        if raw in self.seen:
            raise Refusal("tx already exists in cache")
        answer = {"code": 0, "codespace": "", "log": "", "hash": hashlib.sha256(raw).hexdigest().upper()}
        try:
            self._check(raw)
        except AssayError as error:
            return answer | {"code": error.code, "codespace": error.codespace, "log": str(error)}
        return answer

    def rpc_broadcast_tx_async(self, tx: str) -> dict[str, Any]:
        with suppress(AssayError):
            self._check(base64.b64decode(tx))
        return {"code": 0, "hash": hashlib.sha256(base64.b64decode(tx)).hexdigest().upper()}

    def _check(self, raw: bytes) -> None:
        entry = decode(raw, CHAIN_ID, 1_500_000)
        assert isinstance(entry, AccountTx)
        entry.verify()
        if self.view is None:
            self.view = MempoolView(CHAIN_ID, self.chain.height, self.chain.params(), self.chain.view())
        check = self.view.precheck(entry)
        if check is not None:
            if self.busy:
                self.busy -= 1
                raise WorkerUnavailable(
                    "this node could not verify the proof now; send the transaction again"
                )
            proofs.require(proofs.verify_here(self.chain.view(), check))
        self.view.admit(entry)
        self.mempool.append((raw, entry))
        self.seen.add(raw)

    def rpc_tx(self, hash: str, prove: bool) -> dict[str, Any]:  # noqa: A002
        found = self.results.get(base64.b64decode(hash))
        if found is None:
            raise Refusal(f"tx ({base64.b64decode(hash).hex().upper()}) not found")
        return found

    def rpc_tx_search(self, query: str, page: str, per_page: str, **_: Any) -> dict[str, Any]:
        key, value = query.split("=")
        kind, name = key.split(".")
        found = [
            item
            for item in self.results.values()
            for event in item["tx_result"]["events"]
            if event["type"] == kind
            and {"key": name, "value": value.strip("'"), "index": True} in event["attributes"]
        ]
        found.reverse()
        pages = max(1, -(-len(found) // int(per_page)))
        if not 1 <= int(page) <= pages:
            raise Refusal(f"page should be within [1, {pages}] range, given {page}")
        first = (int(page) - 1) * int(per_page)
        return {"txs": found[first : first + int(per_page)], "total_count": str(len(found))}

    # --- websocket -----------------------------------------------------------

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Keep a client's subscriptions."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        queries = self.sockets[socket] = {}
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._socket_call(socket, queries, json.loads(message.data))
        self.sockets.pop(socket, None)
        return socket

    async def _socket_call(
        self, socket: web.WebSocketResponse, queries: dict[str, int], call: dict[str, Any]
    ) -> None:
        query, head = call["params"]["query"], {"jsonrpc": "2.0", "id": call["id"]}
        self.calls[call["method"]] = self.calls.get(call["method"], 0) + 1
        if call["method"] == "unsubscribe":
            queries.pop(query, None)
        elif query in queries or len(queries) >= self.max_subscriptions:
            data = f"max_subscriptions_per_client {self.max_subscriptions} reached"
            await socket.send_json(
                {**head, "error": {"code": -32603, "message": "Internal error", "data": data}}
            )
            return
        else:
            queries[query] = call["id"]
        await socket.send_json({**head, "result": {}})
        if self.calls.get("subscribe", 0) >= 4:
            self.subscribed.set()


class Refusal(Exception):
    """An RPC error."""


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _tx(height: int, index: int, raw: bytes, result: TxResult) -> dict[str, Any]:
    events = [
        {
            "type": event.kind,
            "attributes": [
                {"key": key, "value": value, "index": key in event.indexed}
                for key, value in event.attributes.items()
            ],
        }
        for event in result.events
    ]
    return {
        "hash": hashlib.sha256(raw).hexdigest().upper(),
        "height": str(height),
        "index": index,
        "tx": _b64(raw),
        "tx_result": {
            "code": result.code,
            "codespace": result.codespace,
            "log": result.log,
            "gas_wanted": str(result.gas_wanted),
            "gas_used": str(result.gas_used),
            "events": events,
        },
    }


async def _event(socket: web.WebSocketResponse, ident: int, query: str, value: dict[str, Any]) -> None:
    result = {"query": query, "data": {"type": "tendermint/event", "value": value}, "events": {}}
    await socket.send_json({"jsonrpc": "2.0", "id": ident, "result": result})


@contextmanager
def running(
    directory: Path, *, development: bool = True, committee: bool = False, block_seconds: float = 0.03
) -> Iterator[tuple[str, DevNode]]:
    """Run a node in a thread of its own; yields its address and itself."""
    started: threading.Event = threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        with Store.open(directory, create=True, retain_versions=50) as store:
            node = DevNode(Chain(store, CHAIN_ID, check_invariants=True), block_seconds)
            node.start(app_state(development=development))
            if committee:
                node.seat_committee(directory.parent / "committee")
            app = web.Application(client_max_size=4 << 20)
            app.router.add_post("/", node.handle)
            app.router.add_get("/websocket", node.websocket)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            found.update(url=f"http://127.0.0.1:{port}", node=node, stop=asyncio.Event())
            found["loop"] = asyncio.get_running_loop()
            blocks = asyncio.create_task(node.run())
            started.set()
            await found["stop"].wait()
            blocks.cancel()
            await asyncio.gather(blocks, return_exceptions=True)
            await runner.cleanup()

    def whole() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            started.set()

    thread = threading.Thread(target=whole, name="devnode", daemon=True)
    thread.start()
    started.wait(30)
    if "url" not in found:
        raise RuntimeError("the node did not start") from found.get("error")
    try:
        yield found["url"], found["node"]
    finally:
        found["loop"].call_soon_threadsafe(found["stop"].set)
        thread.join(30)
        assert not thread.is_alive()
