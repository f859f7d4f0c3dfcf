"""One node, seen from a program."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Final, Self

from assay.client.errors import RpcError, WrongChain
from assay.client.home import Home
from assay.client.light.client import LightClient
from assay.client.light.errors import BadTrust
from assay.client.light.header import Header
from assay.client.light.told import Witnesses, told_header
from assay.client.light.trust import Trust, TrustStore, parse_trust
from assay.client.light.verify import TrustRules
from assay.client.paths import Paths
from assay.client.queries import Queries
from assay.client.records import Answer, Reader
from assay.client.rpc import Rpc, understood
from assay.client.sequences import Sequences
from assay.client.staking import Staking
from assay.client.subscriptions import Subscriptions, merge
from assay.client.transactions import Options, PendingTx, Sender
from assay.client.tx_results import Event, parse_events
from assay.client.waiting import Blocks, TxWaiter
from assay.crypto.accounts import Account
from assay.proto.query_pb2 import SimulateResponse
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import Message, TxBody

_FIRST_PROVABLE: Final = 2
"""The height from which on the record of genesis can be proven."""


class Client:
    """A connection to one node of an Assay chain, for use inside asyncio.

    Everything goes through this one node, so that an account's transactions
    arrive in order. Use it as an async context manager, or call `close`.

    Parameters
    ----------
    node_url
        RPC address, such as ``http://127.0.0.1:26657``.
    chain_id
        The chain expected; None takes the one the node is on.
    verify
        Whether records are to be proven against the chain's headers.
    trust
        A header one trusts, as ``HEIGHT:HASH`` or `Trust`: the headers that proofs are checked against must
        follow from it. None takes the node's headers as they are.
    trust_home
        Where the newest verified header is kept; None keeps it in memory only.
    rules
        How long a header is trusted, and which part of the trusted voting power must vouch for another.
    witnesses
        RPC addresses of other nodes, which must have the same headers.

    Attributes
    ----------
    query : Queries
        Typed queries.
    path : Paths
        Every record, and lists of them, by path.
    staking : Staking
        Typed queries of proof of stake.
    blocks : Blocks
        Heights as they come.
    light : LightClient or None
        Verified headers, if a header to trust was given.
    """

    def __init__(
        self,
        node_url: str,
        chain_id: str | None = None,
        *,
        verify: bool = True,
        trust: Trust | str | None = None,
        trust_home: Home | None = None,
        rules: TrustRules | None = None,
        witnesses: Sequence[str] = (),
    ) -> None:
        if trust is not None and not verify:
            raise ValueError("a header to trust is of no use without verifying")
        if trust is None and witnesses:
            raise BadTrust(
                "witnesses are asked for headers that follow from one you trust; name that: --trust"
            )
        self.rpc = Rpc(node_url)
        others = Witnesses([Rpc(each) for each in witnesses])
        self.light = None if trust is None else _light_client(self.rpc, trust, trust_home, rules, others)
        self.subscriptions = Subscriptions(self.rpc)
        self.blocks = Blocks(self.rpc, self.subscriptions)
        reader = Reader(self.rpc, self.light)
        self.query = Queries(reader, verify)
        self.path = Paths(reader, verify)
        self.staking = Staking(reader, verify)
        self.waiter = TxWaiter(self.rpc, self.subscriptions, self.blocks)
        sequences = Sequences(self._sequence)
        self._sender = Sender(
            self.rpc, reader, self.blocks, self.waiter, sequences, sign_again=self.believes_node
        )
        self._expected = chain_id
        self._chain_id: str | None = None
        self._params: Params | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection, and keep the newest verified header."""
        await self.waiter.close()
        await self.subscriptions.close()
        await self.rpc.close()
        if self.light is not None:
            await self.light.close()

    @property
    def believes_node(self) -> bool:
        """Whether what the node says of transactions is acted on; not if a header to trust was given."""
        return self.light is None

    async def chain_id(self) -> str:
        """Return the node's chain id.

        Raises
        ------
        WrongChain
            If it is not the one expected, or not that of the trusted header.
        """
        if self._chain_id is None:
            answer = await self.rpc.call("status")
            with understood("status"):
                found = str(answer["node_info"]["network"])
            trusted = found if self.light is None else await self.light.chain_id()
            for expected in (found if self._expected is None else self._expected, trusted):
                if expected != found:
                    raise WrongChain(
                        f"{self.rpc.url} is a node of {found!r}, not of {expected!r}; name another"
                    )
            self._chain_id = found
        return self._chain_id

    async def header(self, height: int = 0) -> Answer[Header]:
        """Return a block's header; verified means that it was followed from the trusted one.

        Parameters
        ----------
        height
            Which block; 0 means the latest.
        """
        latest = not height
        height = height or await self.blocks.height()
        if self.light is not None:
            header = await (self.light.latest if latest else self.light.header)(height)
            return Answer(header, height, True)
        return Answer(await told_header(self.rpc, height), height, False)

    # --- transactions --------------------------------------------------------

    async def build(
        self, public_key: bytes, messages: Sequence[Message], options: Options | None = None
    ) -> TxBody:
        """Return a transaction's body, complete but for its sequence; gas limit and fee are filled in."""
        gas_price = (await self._chain_params()).gas_price
        return await self._sender.build(public_key, messages, options or Options(), gas_price)

    async def simulate(self, public_key: bytes, messages: Sequence[Message]) -> SimulateResponse:
        """Execute messages on the node's latest state without effect."""
        return await self._sender.simulate(public_key, messages)

    async def send(
        self, account: Account, messages: Sequence[Message], options: Options | None = None
    ) -> PendingTx:
        """Build, sign and send a transaction; returns once the node's mempool has it.

        Parameters
        ----------
        account
            Signs and pays.
        messages
            Done all or none, in order; see `assay.client.messages`.
        options
            Gas limit, fee, timeout height, memo.

        Raises
        ------
        TxRefused
            If the simulation or CheckTx refuses it; it cost nothing.
        """
        body = await self.build(account.public_key, messages, options)
        return await self.send_body(account, body)

    async def send_body(self, account: Account, body: TxBody) -> PendingTx:
        """Sign and send a body made by `build`."""
        return await self._sender.send(account, await self.chain_id(), body)

    async def broadcast(self, transactions: Sequence[bytes]) -> list[RpcError | None]:
        """Hand signed transactions to the node in batches of 100, without waiting for CheckTx."""
        return await self._sender.broadcast(transactions)

    # --- events --------------------------------------------------------------

    async def round_events(self, round_id: int) -> AsyncGenerator[tuple[int, Event], None]:
        """Yield (height, event) of one round as blocks bring them, until the websocket is lost.

        Raises
        ------
        SubscriptionLost
            Some events may be missing: read the round again and subscribe anew.
        """
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(
                    self.subscriptions.open(f"tm.event='{source}' AND round.id='{round_id}'")
                )
                for source in ("Tx", "NewBlockEvents")
            ]
            async for item in merge(streams):
                for found in _round_events(item, round_id):
                    yield found

    async def _sequence(self, address: bytes) -> int:
        """Return an account's sequence: the node's word, or, if it is not trusted, one that is proven.

        What is signed with a sequence further on could be put into a block later, beside what was meant.
        """
        latest = (await self.query.latest_account(address)).value.sequence
        if self.believes_node or (await self.query.account(address)).value.sequence == latest:
            return latest
        await self.blocks.until(await self.blocks.height() + 1)
        return (await self.query.account(address)).value.sequence

    async def _chain_params(self) -> Params:
        if self._params is None:
            await self.blocks.until(_FIRST_PROVABLE)
            self._params = (await self.query.params()).value
        return self._params


def _round_events(item: dict[str, Any], round_id: int) -> list[tuple[int, Event]]:
    with understood("an event"):
        value = item["data"]["value"]
        height, events = value.get("height"), value.get("events")
        if "TxResult" in value:
            height, events = value["TxResult"]["height"], value["TxResult"]["result"].get("events")
        return [
            (int(height), event)
            for event in parse_events(events)
            if event.kind == "round" and event.attributes.get("id") == str(round_id)
        ]


def _light_client(
    rpc: Rpc, trust: Trust | str, home: Home | None, rules: TrustRules | None, witnesses: Witnesses
) -> LightClient:
    named = parse_trust(trust) if isinstance(trust, str) else trust
    store = TrustStore(home) if home else None
    return LightClient(rpc, named, store=store, rules=rules, witnesses=witnesses)
