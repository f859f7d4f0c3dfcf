"""Questions about committed state. docs/rpc.md lists the paths for users.

The app hash of the state after block h stands in header h+1, so the latest
height at which an answer can be proven is one below the last committed one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from google.protobuf.message import Message

from assay.proto.canonical import NotCanonical, parse
from assay.proto.query_pb2 import ChainInfo, Entry, Page, PageRequest, SimulateResponse
from assay.proto.state_pb2 import KEY_STATUS_READY, Key, KeyPool
from assay.state import ante
from assay.state.ceremony.pool import note
from assay.state.context import Context
from assay.state.envelope import AccountTx, decode
from assay.state.handlers import HANDLERS
from assay.state.overlay import Overlay
from assay.state.proofs import taken_for_good
from assay.state.rules import keys, paths
from assay.state.rules.errors import AssayError, BadQuery, HeightNotKept, NotFound, UnknownPath
from assay.state.store import Store
from assay.state.transition import read_params

M = TypeVar("M", bound=Message)

MAX_KEY_BYTES: Final = 128
MAX_PAGE: Final = 1000
DEFAULT_PAGE: Final = 100
MAX_PAGE_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Answer:
    """An answer to a query.

    Attributes
    ----------
    value
        The record, or a message; empty when there is no record.
    height
        The height the answer holds at.
    key
        The record's key, when there is one.
    proof
        Encoded ICS-23 CommitmentProof against the app hash of header `height` + 1, if asked for.
    """

    value: bytes
    height: int
    key: bytes = b""
    proof: bytes | None = None


class Queries:
    """Answers queries from a store's committed versions."""

    def __init__(self, store: Store, chain_id: str) -> None:
        self._store = store
        self._chain_id = chain_id
        self._paths = {
            "/store/range": self._range,
            "/bulk": self._bulk,
            "/simulate": self._simulate,
            "/chain": self._chain,
        }

    def answer(self, path: str, data: bytes, height: int, prove: bool) -> Answer:
        """Answer one query.

        Parameters
        ----------
        path
            One of the documented paths.
        data
            The path's argument.
        height
            0 for the latest; only records, and lists asked for by path, have others.
        prove
            Whether to add a proof; only single records have one.

        Raises
        ------
        QueryError
            With a sentence.
        """
        if not self._store.version:
            raise HeightNotKept("no block is committed yet; ask again in a moment")
        if path == "/store/key":
            if not 0 < len(data) <= MAX_KEY_BYTES:
                raise BadQuery(f"a key has 1 to {MAX_KEY_BYTES} bytes, the data have {len(data)}")
            return self._record(data, height, prove)
        handler = self._paths.get(path)
        if handler is None:
            return self._by_path(path, data, height, prove)
        if height or prove:
            raise BadQuery(f"{path} answers at the latest height and without proof; ask with height 0")
        return handler(data)

    def _by_path(self, path: str, data: bytes, height: int, prove: bool) -> Answer:
        try:
            place = paths.resolve(path)
        except UnknownPath as error:
            raise UnknownPath(f"{error}, and there are {', '.join(sorted(self._paths))}") from None
        if place.is_list:
            return self._list(place, data, height, prove)
        if data:
            raise BadQuery(f"the record is named by the path {path} alone; leave the data empty")
        return self._record(place.key, height, prove)

    def _record(self, key: bytes, height: int, prove: bool) -> Answer:
        height = self._height(height, prove)
        value = self._store.get_at(key, height) or b""
        return Answer(value, height, key, self._store.prove(key, height) if prove else None)

    def _height(self, height: int, prove: bool) -> int:
        # What is not to be proven may be as new as the last commit; its header does not exist yet.
        latest = self._store.version - 1 if prove else self._store.version
        oldest = max(1, self._store.oldest_version)
        if latest < oldest:
            raise HeightNotKept("nothing can be proven before the second block; ask again in a moment")
        height = height or latest
        if not oldest <= height <= latest:
            raise HeightNotKept(f"height {height} cannot be answered, heights {oldest} to {latest} can")
        return height

    def _list(self, place: paths.Place, data: bytes, height: int, prove: bool) -> Answer:
        if prove:
            raise BadQuery(
                "a list cannot be proven: the tree knows keys by their hashes, so neighbours in a list are "
                "none in the tree; prove its entries one by one"
            )
        request = _parsed(PageRequest, data)
        if request.prefix:
            raise BadQuery("the path names the list; leave the prefix empty")
        height, size = self._height(height, prove=False), place.route.key_bytes
        entries = self._store.list_at(place.key, request.start, height, size)
        page = _page(entries, request.limit)
        for entry in page.entries:
            entry.path = place.route.path(entry.key)
        return Answer(page.SerializeToString(deterministic=True), height)

    def _range(self, data: bytes) -> Answer:
        request = _parsed(PageRequest, data)
        if not request.prefix:
            raise BadQuery("name a prefix; the tables are listed in docs/rpc.md")
        page = _page(self._store.iterate(request.prefix, request.start), request.limit)
        return Answer(page.SerializeToString(deterministic=True), self._store.version)

    def _bulk(self, data: bytes) -> Answer:
        scope, digest = data[: -keys.DIGEST_BYTES], data[-keys.DIGEST_BYTES :]
        if not 0 < len(scope) <= MAX_KEY_BYTES or len(digest) != keys.DIGEST_BYTES:
            raise BadQuery("the data must be a scope followed by a digest of 32 bytes")
        value = self._store.get_bulk(scope, digest)
        if value is None:
            raise NotFound("these bytes are not kept, or no longer")
        return Answer(value, self._store.version)

    def _context(self) -> Context:
        view = Overlay(self._store)
        return Context(
            self._chain_id, self._store.version + 1, read_params(view), view, proofs=taken_for_good
        )

    def _simulate(self, data: bytes) -> Answer:
        ctx, response = self._context(), SimulateResponse()
        try:
            tx = decode(data, self._chain_id, ctx.params.max_tx_bytes)
            if not isinstance(tx, AccountTx):
                raise BadQuery("only account transactions can be simulated")
            ante.check_count(tx, ctx.params)
            response.gas_used = ante.gas_needed(tx, ctx.params)
            for kind, message in tx.messages:
                HANDLERS[kind].check_form(message, ctx.params)
                HANDLERS[kind].execute(ctx, tx.sender, message)
        except AssayError as error:
            response.code, response.codespace, response.log = error.code, error.codespace, str(error)
        return Answer(response.SerializeToString(deterministic=True), self._store.version)

    def _chain(self, _data: bytes) -> Answer:
        ctx = self._context()
        pool = ctx.view.load(KeyPool, keys.KEY_POOL) or KeyPool()
        ready = sum(
            ctx.view.require(Key, keys.committee_key(ident)).status == KEY_STATUS_READY for ident in pool.keys
        )
        info = ChainInfo(
            chain_id=self._chain_id,
            height=self._store.version,
            provable_height=self._store.version - 1,
            params=ctx.params,
            ready_keys=ready,
            key_note="" if ready else note(ctx),
        )
        return Answer(info.SerializeToString(deterministic=True), self._store.version)


def _parsed(message_type: type[M], data: bytes) -> M:
    try:
        return parse(message_type, data, 3 * MAX_KEY_BYTES)
    except NotCanonical as error:
        raise BadQuery(str(error)) from None


def _page(entries: Iterator[tuple[bytes, bytes]], limit: int) -> Page:
    """Return what fits one page; it names the key to go on from if there is more."""
    limit = min(limit or DEFAULT_PAGE, MAX_PAGE)
    page, size = Page(), 0
    for key, value in islice(entries, limit + 1):
        if len(page.entries) == limit or size > MAX_PAGE_BYTES:
            page.next = key
            break
        size += len(key) + len(value)
        page.entries.append(Entry(key=key, value=value))
    return page
