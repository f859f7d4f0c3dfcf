"""The info connection: the handshake and queries."""

from __future__ import annotations

import structlog

from assay.node.shell.chain import Chain
from assay.node.version import APP_VERSION, VERSION
from assay.proto import abci_pb2 as abci
from assay.state.query import Answer, Queries
from assay.state.rules.errors import AssayError, QueryFailed
from assay.state.rules.ics23 import PROOF_OP_TYPE

_log = structlog.get_logger(__name__)


class Info:
    """Answers CometBFT's info connection."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._queries = Queries(chain.store, chain.chain_id)

    async def info(self, request: abci.RequestInfo) -> abci.ResponseInfo:
        """Report the last committed height and its app hash."""
        height = self._chain.height
        return abci.ResponseInfo(
            data="assay",
            version=VERSION,
            app_version=APP_VERSION,
            last_block_height=height,
            last_block_app_hash=self._chain.store.root if height else b"",
        )

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer a query; whatever goes wrong becomes a code."""
        try:
            answer = self._queries.answer(request.path, request.data, request.height, request.prove)
        except AssayError as error:
            return _refusal(error)
        except Exception:  # noqa: BLE001 - whatever it is, the node goes on
            # An Exception response would stop the node, so a stranger's query must never cause one.
            _log.exception("query failed", path=request.path[:64])
            return _refusal(QueryFailed("the node failed to answer this query; its log says why"))
        return _response(answer)


def _refusal(error: AssayError) -> abci.ResponseQuery:
    return abci.ResponseQuery(code=error.code, codespace=error.codespace, log=str(error))


def _response(answer: Answer) -> abci.ResponseQuery:
    response = abci.ResponseQuery(key=answer.key, value=answer.value, height=answer.height)
    if answer.proof is not None:
        response.proof_ops.ops.add(type=PROOF_OP_TYPE, key=answer.key, data=answer.proof)
    return response
