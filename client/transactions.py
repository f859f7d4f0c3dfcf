"""Building, signing and sending transactions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.client.errors import NodeUnreachable, RpcError, TxFailed, TxRefused
from assay.client.records import Reader, decode
from assay.client.rpc import Rpc, b64, understood
from assay.client.sequences import Sequences
from assay.client.tx_results import TxResult
from assay.client.waiting import Blocks, TxWaiter
from assay.crypto.accounts import SIGNATURE_BYTES, Account, sign_tx
from assay.proto.query_pb2 import SimulateResponse
from assay.proto.tx_pb2 import Message, Tx, TxBody
from assay.state.rules.errors import WrongSequence
from assay.state.rules.gas import least_fee

WAIT_SECONDS: Final = 120.0
_SEQUENCE_TRIES: Final = 20
# The simulated transaction lacks gas limit and fee: at most 11 bytes each, and longer length prefixes.
_GAS_MARGIN: Final = 32


@dataclass(frozen=True)
class Options:
    """What a sender may choose; the defaults suit almost everybody.

    Attributes
    ----------
    gas_limit
        None: what the node's simulation says.
    fee
        In uasy; None: the least the chain takes for the gas limit.
    timeout_height
        Last height at which the transaction may be included; 0: any.
    memo
        At most 256 bytes.
    """

    gas_limit: int | None = None
    fee: int | None = None
    timeout_height: int = 0
    memo: str = ""


@dataclass(frozen=True)
class PendingTx:
    """A transaction the node has taken into its mempool."""

    body: TxBody
    raw: bytes
    waiter: TxWaiter

    @property
    def hash(self) -> bytes:
        """The SHA-256 under which CometBFT knows it."""
        return tx_hash(self.raw)

    async def wait(self, seconds: float = WAIT_SECONDS) -> TxResult:
        """Wait until it is in a block; a node that was restarted meanwhile is handed it again.

        Raises
        ------
        TxFailed
            If it is in a block and failed there.
        TxNotSeen
            If it is in no block after `seconds`.
        """
        return await self.waiter.wait(self.hash, seconds, self.raw)


def tx_hash(raw: bytes) -> bytes:
    """Return the SHA-256 under which CometBFT knows a transaction."""
    return hashlib.sha256(raw).digest()


class Sender:
    """Sends transactions of any number of accounts through one node.

    Parameters
    ----------
    sign_again
        Whether the node is believed when it says that a sequence is used, and the body is then signed with
        the next one. A node that lies has the same payment twice.
    """

    def __init__(
        self,
        rpc: Rpc,
        reader: Reader,
        blocks: Blocks,
        waiter: TxWaiter,
        sequences: Sequences,
        *,
        sign_again: bool,
    ) -> None:
        self._rpc = rpc
        self._reader = reader
        self._blocks = blocks
        self._waiter = waiter
        self._sequences = sequences
        self._sign_again = sign_again
        self._unsure: set[bytes] = set()  # hashes of what was sent without an answer

    async def simulate(
        self, public_key: bytes, messages: Sequence[Message], memo: str = ""
    ) -> SimulateResponse:
        """Execute messages on the node's latest state without effect, and say what gas they need."""
        body = TxBody(messages=messages, memo=memo).SerializeToString()
        raw = Tx(body=body, public_key=public_key, signature=bytes(SIGNATURE_BYTES)).SerializeToString()
        return decode(SimulateResponse, (await self._reader.raw("/simulate", raw)).value)

    async def build(
        self, public_key: bytes, messages: Sequence[Message], options: Options, gas_price: int
    ) -> TxBody:
        """Return a body complete but for its sequence.

        Raises
        ------
        TxRefused
            If the simulation says that the messages would fail.
        """
        gas_limit = options.gas_limit
        if gas_limit is None:
            outcome = await self.simulate(public_key, messages, options.memo)
            if outcome.code:
                raise TxRefused(outcome.codespace, outcome.code, outcome.log)
            gas_limit = outcome.gas_used + _GAS_MARGIN
        fee = least_fee(gas_limit, gas_price) if options.fee is None else options.fee
        return TxBody(
            messages=messages,
            gas_limit=gas_limit,
            fee=fee,
            timeout_height=options.timeout_height,
            memo=options.memo,
        )

    async def send(self, account: Account, chain_id: str, body: TxBody) -> PendingTx:
        """Give the body its sequence, sign it and hand it to the node.

        Another program that sends for the same account makes the sequence
        wrong; it is then read again after the next block, up to twenty times,
        if the node is believed.

        Raises
        ------
        TxRefused
            If CheckTx refuses it.
        """
        for attempt in range(_SEQUENCE_TRIES):
            try:
                return await self._send_once(account, chain_id, body)
            except TxRefused as error:
                if error.reason is not WrongSequence:
                    raise
                self._sequences.forget(account.address)
                if not self._sign_again:
                    raise _unbelieved(error) from None
                if attempt == _SEQUENCE_TRIES - 1:
                    raise
                if attempt:  # the first time, our own count may just be old
                    await self._blocks.until(await self._blocks.height() + 1)
        raise AssertionError("the last attempt returns or raises")

    async def _send_once(self, account: Account, chain_id: str, body: TxBody) -> PendingTx:
        async with self._sequences.lock(account.address):
            numbered = TxBody()
            numbered.CopyFrom(body)
            numbered.sequence = await self._sequences.next(account.address)
            raw = sign_tx(account, chain_id, numbered.SerializeToString())
            await self._broadcast(raw)
            self._sequences.used(account.address)
        return PendingTx(numbered, raw, self._waiter)

    async def _broadcast(self, raw: bytes) -> None:
        try:
            answer = await self._rpc.call("broadcast_tx_sync", tx=b64(raw))
        except NodeUnreachable as error:
            self._unsure.add(tx_hash(raw))
            raise NodeUnreachable(
                f"{error} It may have arrived all the same: look for transaction "
                f"{tx_hash(raw).hex().upper()} before you send it again"
            ) from error
        except RpcError as error:
            if "already exists in cache" not in error.data:
                raise
            if tx_hash(raw) in self._unsure:
                return  # it had arrived, only the answer was lost
            # Another program has sent the same for this account: ours needs the next sequence.
            refusal = "the node has an identical transaction already; the sequence is used"
            raise TxRefused(WrongSequence.codespace, WrongSequence.code, refusal) from None
        with understood("broadcast_tx_sync"):
            code = int(answer.get("code") or 0)
            if code:
                raise TxRefused(answer.get("codespace") or "", code, answer.get("log") or "")

    async def broadcast(self, raws: Sequence[bytes]) -> list[RpcError | None]:
        """Hand signed transactions to the node in batches, without waiting for CheckTx.

        Returns
        -------
        list
            For each transaction None, or the error with which the node's RPC refused to take it.
        """
        calls: list[tuple[str, dict[str, Any]]] = [("broadcast_tx_async", {"tx": b64(raw)}) for raw in raws]
        answers = await self._rpc.batch(calls)
        return [answer if isinstance(answer, RpcError) else None for answer in answers]


def _unbelieved(error: TxRefused) -> TxRefused:
    advice = (
        "the node is not trusted, so that nothing is signed twice; look at your account's transactions with "
        "another node, then send it again"
    )
    return TxRefused(error.codespace, error.code, f"{error.log}: {advice}")


__all__ = ["Options", "PendingTx", "Sender", "TxFailed", "TxResult", "tx_hash"]
