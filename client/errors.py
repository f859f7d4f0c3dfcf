"""What can go wrong between a program and a node."""

from __future__ import annotations

from functools import cache

from assay.state.rules.errors import AssayError, all_errors


class ClientError(Exception):
    """Anything this package raises."""


class NodeUnreachable(ClientError):
    """The node does not answer at the address given."""


class BadNodeAddress(NodeUnreachable):
    """What was given as a node's address is none."""


class BadResponse(ClientError):
    """The node answered with something that is not what was asked for."""


class RpcError(ClientError):
    """The node's RPC refused a call.

    Attributes
    ----------
    method : str
        The call.
    code : int
        JSON-RPC error code.
    data : str
        CometBFT's own sentence.
    """

    def __init__(self, method: str, code: int, message: str, data: str) -> None:
        self.method, self.code, self.data = method, code, data
        super().__init__(f"{method}: {data or message} (JSON-RPC {code})")


class WrongChain(ClientError):
    """The node belongs to another chain than the one asked for."""


class SubscriptionLost(ClientError):
    """The websocket closed, or events came faster than they were read; some may be missing."""


class ProofInvalid(ClientError):
    """An answer does not follow from the app hash in the chain's header: do not trust this node."""


class Refused(ClientError):
    """The chain refused, with a stable code.

    Attributes
    ----------
    codespace, code
        What docs/errors.md lists.
    log : str
        The node's sentence.
    """

    def __init__(self, codespace: str, code: int, log: str) -> None:
        self.codespace, self.code, self.log = codespace, code, log
        super().__init__(f"{log or 'refused'} (code {codespace} {code})")

    @property
    def reason(self) -> type[AssayError] | None:
        """The class of `assay.state.rules.errors` with this code, or None if it is unknown here."""
        return _reasons().get((self.codespace, self.code))


class TxRefused(Refused):
    """CheckTx refused the transaction; it is not in the mempool and cost nothing."""


class TxFailed(Refused):
    """The transaction is in a block and did nothing there but pay its fee and take its sequence.

    Attributes
    ----------
    height : int
        The block's height.
    hash : bytes
        The transaction's SHA-256.
    """

    def __init__(self, codespace: str, code: int, log: str, height: int, tx_hash: bytes) -> None:
        super().__init__(codespace, code, log)
        self.height, self.hash = height, tx_hash


class TxNotSeen(ClientError):
    """The transaction did not appear in a block in the time given; it still may."""


class QueryRefused(Refused):
    """A query was refused."""


@cache
def _reasons() -> dict[tuple[str, int], type[AssayError]]:
    return {(cls.codespace, cls.code): cls for cls in all_errors()}
