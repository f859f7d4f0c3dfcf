"""Where strangers' bytes enter, each with valid inputs to begin from.

A target takes any bytes. It ends quietly when they are refused as they ought to
be, and says whether they got through the first parser; any other exception is a
finding. Messages have one encoding only, which random changes hardly ever hit,
so the first byte of an input says whether what follows is tidied up before it
is used: parsed leniently, its unknown fields dropped, and written again.
"""

from __future__ import annotations

import atexit
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message
from tests.crypto.proof.conftest import make_submission
from tests.fuzz import snapshots
from tests.state.conftest import CHAIN_ID
from tests.state.world import RICH, join_data, world

from assay.crypto import accounts
from assay.crypto.ckks import payload
from assay.crypto.presets import SMALL
from assay.crypto.proof.errors import ProofError
from assay.node.abci import codec
from assay.node.abci.framing import FrameReader, FramingError, encode_varint
from assay.proto import abci_pb2 as abci
from assay.proto import tx_pb2
from assay.proto.canonical import NotCanonical, parse
from assay.proto.ics23_pb2 import CommitmentProof
from assay.proto.query_pb2 import PageRequest
from assay.proto.state_pb2 import Key, Validator, ValidatorSet, ValidatorSets
from assay.proto.tx_pb2 import (
    CommitExtensions,
    CommitteeBody,
    CommitteeTx,
    MemberExtension,
    ShareRun,
    Tx,
    TxBody,
    VoteExtension,
)
from assay.state.ceremony import slots
from assay.state.check import MempoolView
from assay.state.context import Context
from assay.state.envelope import AccountTx, CommitteeMessage, decode, decode_extensions
from assay.state.extensions import parse_extension, sign_bytes, verify
from assay.state.handlers import HANDLERS
from assay.state.handlers import committee as committee_handler
from assay.state.proofs import taken_for_good
from assay.state.query import Queries
from assay.state.rules import ics23, keys
from assay.state.rules.errors import AssayError, BadExtensions
from assay.state.store import Store

M = TypeVar("M", bound=Message)
_MOST: Final = 1 << 20
_RAW, _TIDY = b"\x00", b"\x80"


@dataclass(frozen=True)
class Target:
    """One way in.

    Attributes
    ----------
    run
        Takes an input; returns whether it got through the first parser.
    seeds
        Valid inputs.
    modules
        Whose branches are counted.
    share
        Of a thousand executions of all targets together.
    """

    run: Callable[[bytes], bool]
    seeds: Callable[[], list[bytes]]
    modules: tuple[str, ...]
    share: int


def _tidied(kind: type[M], data: bytes) -> M:
    """Return what bytes mean to a lenient parser; nothing at all if not even that reads them."""
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return kind()
    message.DiscardUnknownFields()
    return message


def _form(data: bytes, tidy: Callable[[bytes], bytes]) -> bytes:
    return tidy(data[1:]) if data[:1] > b"\x1f" else data[1:]


def _both(seeds: list[bytes]) -> list[bytes]:
    return [mark + seed for seed in seeds for mark in (_RAW, _TIDY)]


def _context() -> Context:
    chain = world().chain
    return Context(CHAIN_ID, chain.height, chain.params, world().overlay(), proofs=taken_for_good)


# --- frames and requests of ABCI -------------------------------------------------


def frames(data: bytes) -> bool:
    """A stream cut at places that the input names: the same frames come out as from the whole."""
    cut, stream = data[:4], data[4:]
    whole, pieces = _frames([stream]), _frames(_pieces(stream, cut))
    assert whole == pieces, "the frames depend on how the stream was cut"
    return bool(whole[0])


def _pieces(stream: bytes, cut: bytes) -> Iterator[bytes]:
    start = 0
    for step in cut:
        yield stream[start : start + step]
        start += step
    yield stream[start:]


def _frames(pieces: Iterator[bytes] | list[bytes]) -> tuple[list[bytes], bool]:
    reader, found = FrameReader(_MOST), list[bytes]()
    try:
        for piece in pieces:
            reader.feed(piece, found)
    except FramingError:
        return found, True
    return found, False


def requests(data: bytes) -> bool:
    """A frame of CometBFT's."""
    try:
        kind, request = codec.decode_request(data)
    except codec.ProtocolError:
        return False
    assert request.HasField(kind)  # type: ignore[arg-type]  # the stub has a literal for each kind
    if data[0] == codec.CHECK_TX_BYTE:
        codec.decode_check_txs([data, data])
    return True


def _request_frames() -> list[bytes]:
    check = abci.Request(check_tx=abci.RequestCheckTx(tx=b"tx")).SerializeToString()
    block = abci.RequestFinalizeBlock(txs=[b"one", b"two"], height=7, proposer_address=bytes(20))
    block.decided_last_commit.votes.add(block_id_flag=abci.BLOCK_ID_FLAG_COMMIT).validator.power = 10
    query = abci.RequestQuery(path="/store/key", data=keys.PARAMS, prove=True)
    others = (abci.Request(finalize_block=block), abci.Request(query=query), abci.Request(flush={}))
    return [check, *(request.SerializeToString() for request in others)]


def _frame_streams() -> list[bytes]:
    framed = b"".join(encode_varint(len(frame)) + frame for frame in _request_frames())
    return [b"\x01\x03\x00\x08" + framed, bytes(4) + encode_varint(300) + bytes(300)]


# --- transactions and committee messages -------------------------------------------


def transactions(data: bytes) -> bool:
    """An account's transaction: decoded, judged by the mempool, executed as in a simulation."""
    ctx = _context()
    raw = _form(data, _tidy_tx)
    try:
        tx = decode(raw, CHAIN_ID, _MOST)
    except AssayError:
        return False
    if not isinstance(tx, AccountTx):
        return True
    with suppress(AssayError):
        MempoolView(CHAIN_ID, ctx.height - 1, ctx.params, world().overlay()).precheck(tx)
    with suppress(AssayError):
        for kind, message in tx.messages[:8]:
            if kind in HANDLERS:
                HANDLERS[kind].check_form(message, ctx.params)
                HANDLERS[kind].execute(ctx, tx.sender, message)
    return True


def _tidy_tx(data: bytes) -> bytes:
    tx = _tidied(Tx, data)
    tx.body = _tidied(TxBody, tx.body).SerializeToString(deterministic=True)
    senders = world().senders
    if len(tx.public_key) != accounts.PUBLIC_KEY_BYTES:
        tx.public_key = senders[len(tx.public_key) % len(senders)].public_key
    tx.signature = tx.signature[:64].ljust(64, b"\x01")
    return tx.SerializeToString(deterministic=True)


def _tx_seeds() -> list[bytes]:
    here, bodies = world(), []
    for kind in HANDLERS:
        body = TxBody(gas_limit=10**7, fee=10**7)
        getattr(body.messages.add(), kind).SetInParent()
        bodies.append(body)
    pay = TxBody(gas_limit=10_000, fee=100)
    pay.messages.add(transfer=tx_pb2.MsgTransfer(recipient=b"r" * 20, amount=1))
    commit = TxBody(gas_limit=10**6, fee=10**5)
    commit.messages.add(commit=tx_pb2.MsgCommit(round_id=min(here.rounds.values()), commitment=bytes(32)))
    return _both(
        [accounts.sign_tx(RICH, CHAIN_ID, body.SerializeToString()) for body in (*bodies, pay, commit)]
    )


def committee_messages(data: bytes) -> bool:
    """A committee message: decoded, then judged as if its member had signed it."""
    ctx = _context()
    raw = _form(data, _tidy_committee)
    try:
        message = decode(raw, CHAIN_ID, _MOST)
    except AssayError:
        return False
    if isinstance(message, CommitteeMessage):
        signer = world().chain.committee_keys[0]
        message.signature = signer.sign(message.sign_bytes)
        with suppress(AssayError):
            committee_handler.execute(ctx, message)
    return True


def _tidy_committee(data: bytes) -> bytes:
    tx = _tidied(CommitteeTx, data)
    tx.body = _tidied(CommitteeBody, tx.body).SerializeToString(deterministic=True)
    return tx.SerializeToString(deterministic=True)


def _committee_seeds() -> list[bytes]:
    here, made = world(), []
    for key_id in here.keys.values():
        key = here.overlay().require(Key, keys.committee_key(key_id))
        for item in slots.awaited(here.overlay(), key, 0):
            data = join_data(item.size) if item.phase == tx_pb2.COMMITTEE_PHASE_JOIN else bytes(item.size)
            made.append(CommitteeBody(version=1, key_id=key_id, phase=item.phase, slot=item.slot, data=data))
        shares = tx_pb2.COMMITTEE_PHASE_SHARES
        made.append(CommitteeBody(version=1, key_id=key_id, phase=shares, slot=1, data=bytes(16)))
    signer = here.chain.committee_keys[0]
    return _both([accounts.sign_committee_tx(signer, CHAIN_ID, body.SerializeToString()) for body in made])


# --- vote extensions ---------------------------------------------------------------


def extensions(data: bytes) -> bool:
    """A vote extension."""

    def tidy(raw: bytes) -> bytes:
        found = _tidied(VoteExtension, raw)
        found.version = 1
        for run in found.runs:
            run.shares = run.shares[: len(run.shares) // 16 * 16]
        return found.SerializeToString(deterministic=True)

    try:
        found = parse_extension(_form(data, tidy))
    except BadExtensions:
        return False
    assert sum(len(run.shares) for run in found.runs) % 16 == 0
    return True


_SIGNER: Final = accounts.from_seed(b"v" * 32)


def injected(data: bytes) -> bool:
    """The entry in which a proposer puts the extensions of the last commit."""
    try:
        record = decode_extensions(_form(data, _tidy_injected), _MOST)
    except BadExtensions:
        return False
    view = world().overlay()
    signer = Validator(address=_SIGNER.address, public_key=_SIGNER.public_key, power=1)
    view.save(keys.VALIDATOR_SETS, ValidatorSets(sets=[ValidatorSet(first_height=1, validators=[signer])]))
    with suppress(BadExtensions):
        verify(view, CHAIN_ID, record.height + 1, record.round, record)
    return True


def _tidy_injected(data: bytes) -> bytes:
    record = _tidied(CommitExtensions, data)
    record.height &= 0xFFFF
    for member in record.members:
        member.validator = _SIGNER.address
        message = sign_bytes(CHAIN_ID, record.height, record.round, member.extension)
        member.signature = _SIGNER.sign(message)
    return record.SerializeToString(deterministic=True)


def _extension() -> bytes:
    runs = [ShareRun(first=3, shares=bytes(32)), ShareRun(first=9, shares=b"\x01" * 16)]
    return VoteExtension(version=1, runs=runs).SerializeToString()


def _injected_seeds() -> list[bytes]:
    member = MemberExtension(validator=_SIGNER.address, extension=_extension(), signature=bytes(64))
    return _both([CommitExtensions(height=6, round=1, members=[member]).SerializeToString()])


# --- payloads and proofs --------------------------------------------------------------

_EDIT: Final = struct.Struct("<IQ")


def _edited(valid: bytes, data: bytes) -> bytes:
    """Return valid bytes with changes: how much to drop and to add at the end, then words and where to."""
    dropped, added, edits = *data[:2].ljust(2, b"\x00"), data[2:]
    made = bytearray(valid[: len(valid) - dropped] + bytes(added))
    for start in range(0, len(edits) - _EDIT.size + 1, _EDIT.size):
        place, word = _EDIT.unpack_from(edits, start)
        place %= len(made) - 7
        made[place : place + 8] = word.to_bytes(8, "little")
    return bytes(made)


def payloads(data: bytes) -> bool:
    """A payload, valid but for some words."""
    made = make_submission(SMALL, 1)
    raw = _edited(payload.encode(made.ciphertexts, made.proof, SMALL), data)
    try:
        payload.check_header(raw, SMALL, 1)
    except payload.PayloadError:
        return False
    with suppress(payload.PayloadError):
        payload.parse(raw, SMALL, 1)
    return True


def proofs(data: bytes) -> bool:
    """A proof of plaintext knowledge, valid but for some words; no change may leave it valid."""
    made = make_submission(SMALL, 1)
    edited = _edited(made.proof, data)
    try:
        made.verify(proof=edited)
    except ProofError:
        assert edited != made.proof, "a valid proof was refused"
        return len(edited) == len(made.proof)
    assert edited == made.proof, "a proof that was changed is still accepted"
    return True


def _edit_seeds() -> list[bytes]:
    return [b"", bytes(2), bytes(2) + _EDIT.pack(8, 1), bytes(2) + _EDIT.pack(70_000, 2**64 - 1)]


# --- what a node is asked, and what it answers --------------------------------------------


@cache
def _store() -> Store:
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    store = Store.open(folder / "store", create=True)
    for version in (1, 2, 3):
        store.commit(store.prepare(version, dict(world().chain.memory.records), {}, ()))
    return store


@cache
def _queries() -> Queries:
    return Queries(_store(), CHAIN_ID)


def queries(data: bytes) -> bool:
    """A query: a path, a zero, then height, whether to prove, and its data."""
    path, _, rest = data.partition(b"\x00")
    height, prove, asked = int.from_bytes(rest[:1], "little"), rest[1:2] == b"\x01", rest[2:]
    try:
        answer = _queries().answer(path.decode("utf-8", "replace"), asked, height, prove)
    except AssayError:
        return False
    assert answer.height > 0
    return True


def _query_seeds() -> list[bytes]:
    page = PageRequest(limit=2, prefix=keys.ROUND).SerializeToString()
    data = {
        b"/store/key": keys.PARAMS,
        b"/store/range": page,
        b"/bulk": keys.round_scope(1) + bytes(32),
        b"/simulate": _tx_seeds()[0][1:],
        b"/chain": b"",
    }
    return [path + b"\x00\x00\x00" + asked for path, asked in data.items()] + [
        b"/store/key\x00\x02\x01" + keys.round_(1)
    ]


def answers(data: bytes) -> bool:
    """A proof in a node's answer, checked by a client: it shows a record, or that there is none."""

    def tidy(raw: bytes) -> bytes:
        return _tidied(CommitmentProof, raw).SerializeToString(deterministic=True)

    proof, root = _form(data, tidy), _store().root_at(2)
    for check in (
        partial(ics23.verify_membership, root, keys.PARAMS, b"another value"),
        partial(ics23.verify_membership, root, _NOWHERE, b"a value"),
        partial(ics23.verify_non_membership, root, keys.PARAMS),
    ):
        with suppress(ics23.ProofError):
            check(proof)
            raise AssertionError("a proof of what is not so was accepted")
    with suppress(ics23.ProofError):
        ics23.verify_membership(root, keys.PARAMS, _store().get_at(keys.PARAMS, 2) or b"", proof)
    with suppress(ics23.ProofError):
        ics23.verify_non_membership(root, _NOWHERE, proof)
    try:
        parse(CommitmentProof, proof, ics23.MAX_PROOF_BYTES)
    except NotCanonical:
        return False
    return True


_NOWHERE: Final = b"\xff"


def _answer_seeds() -> list[bytes]:
    return _both([_store().prove(key, 2) for key in (keys.PARAMS, _NOWHERE)])


_FORMAT: Final = ("state/snapshots/format.py",)

TARGETS: Final[dict[str, Target]] = {
    "frames": Target(frames, _frame_streams, ("node/abci/framing.py",), 150),
    "requests": Target(requests, _request_frames, ("node/abci/codec.py",), 100),
    "transactions": Target(
        transactions, _tx_seeds, ("state/envelope.py", "proto/canonical.py", "state/ante.py"), 150
    ),
    "committee": Target(
        committee_messages, _committee_seeds, ("state/envelope.py", "state/handlers/committee.py"), 100
    ),
    "extensions": Target(
        extensions, lambda: _both([_extension()]), ("state/extensions.py", "proto/canonical.py"), 130
    ),
    "injected": Target(injected, _injected_seeds, ("state/extensions.py",), 100),
    "payloads": Target(payloads, _edit_seeds, ("crypto/ckks/payload.py",), 30),
    "proofs": Target(proofs, _edit_seeds, ("crypto/proof/verifier.py", "crypto/proof/protocol.py"), 5),
    "queries": Target(queries, _query_seeds, ("state/query.py",), 75),
    "answers": Target(answers, _answer_seeds, ("state/rules/ics23.py",), 60),
    "manifests": Target(snapshots.manifests, snapshots.manifest_seeds, _FORMAT, 25),
    "record_chunks": Target(
        snapshots.record_chunks, snapshots.record_seeds, (*_FORMAT, "state/snapshots/frontier.py"), 50
    ),
    "bulk_chunks": Target(snapshots.bulk_chunks, snapshots.bulk_seeds, _FORMAT, 25),
}
"""Every target, by name."""
