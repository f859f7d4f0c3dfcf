"""The client of an Assay chain: a Python SDK and the command ``assay``.

>>> import asyncio
>>> from assay.client import Client, messages
>>> async def main() -> None:
...     async with Client("http://127.0.0.1:26657") as client:
...         account = (await client.query.account("assay1...")).value
...         print(account.balance)
"""

from __future__ import annotations

from assay.client import messages
from assay.client.client import Client
from assay.client.errors import (
    BadResponse,
    ClientError,
    NodeUnreachable,
    ProofInvalid,
    QueryRefused,
    Refused,
    RpcError,
    SubscriptionLost,
    TxFailed,
    TxNotSeen,
    TxRefused,
    WrongChain,
)
from assay.client.light.errors import (
    Conflict,
    HeaderInvalid,
    NotEnoughTrust,
    OutOfDate,
    TooLittlePower,
    TrustExpired,
)
from assay.client.light.trust import Trust
from assay.client.light.verify import TrustRules
from assay.client.records import Answer, NoSuchRecord
from assay.client.transactions import Options, PendingTx
from assay.client.tx_results import Event, TxResult

__all__ = [
    "Answer",
    "BadResponse",
    "Client",
    "ClientError",
    "Conflict",
    "Event",
    "HeaderInvalid",
    "NoSuchRecord",
    "NodeUnreachable",
    "NotEnoughTrust",
    "Options",
    "OutOfDate",
    "PendingTx",
    "ProofInvalid",
    "QueryRefused",
    "Refused",
    "RpcError",
    "SubscriptionLost",
    "TooLittlePower",
    "Trust",
    "TrustExpired",
    "TrustRules",
    "TxFailed",
    "TxNotSeen",
    "TxRefused",
    "TxResult",
    "WrongChain",
    "messages",
]
