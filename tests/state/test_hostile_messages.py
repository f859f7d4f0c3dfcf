"""Whatever a stranger writes into a message, the chain answers with a code.

An exception of any other kind in CheckTx would end a node's connection to its
mempool, and one in FinalizeBlock would halt the chain. So messages of every
kind, with extreme values in any field, go through the mempool's view and
through blocks over a state that has something of everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.state.chain import random_payload, small_model
from tests.state.conftest import CHAIN_ID, account
from tests.state.stake import create_message
from tests.state.world import JAILED, RICH, join_data, world

from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.crypto.committee import evidence
from assay.crypto.committee.sealed_box import public_key
from assay.crypto.presets import SMALL
from assay.node.shell.results import block_response
from assay.proto import abci_pb2, model_pb2, tx_pb2
from assay.proto import state_pb2 as pb
from assay.proto.model_pb2 import Feature, Model
from assay.proto.staking_pb2 import Description
from assay.proto.state_pb2 import Key, Opening
from assay.proto.tx_pb2 import CommitteeBody, Message, MsgCancelRound, ShareRun, TxBody, VoteExtension
from assay.state import invariants, ledger
from assay.state.ceremony import slots
from assay.state.check import MempoolView
from assay.state.envelope import MAX_MESSAGES, AccountTx, CommitteeMessage, decode
from assay.state.extensions import parse_extension
from assay.state.handlers import HANDLERS
from assay.state.proofs import taken_for_good
from assay.state.rules import keys
from assay.state.rules.errors import AssayError, BadModel, GasLimitTooHigh, TooManyMessages
from assay.state.rules.ics23 import MAX_VALUE_BYTES
from assay.state.rules.models import MAX_MODEL_BYTES
from assay.state.transition import Block, execute

KINDS = tuple(HANDLERS)
NEW_KEYS = account(310), account(311)
"""Of a validator that is not there yet."""
ROUND_IDS = tuple(range(10))
KEY_IDS = tuple(range(24))

_EDGES = (0, 1, 2, 3, 4, 10, 255, 256, 10_000, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1)
_HUGE = (2**62, 2**63 - 2, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1)
_LIMITS = {
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_ENUM: (-(2**31), 2**31 - 1),
}
_SIZES = (0, 1, 19, 20, 21, 31, 32, 33, 63, 64, 65, 80, 128, 8 * SMALL.degree)


class Short(bytes):
    """Bytes that a failing test prints in one line."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes: {self[:32].hex()}...>"


# --- messages ----------------------------------------------------------------


def numbers(kind: int) -> st.SearchStrategy[int]:
    """Numbers at the edges of a field, and ids of what there is."""
    least, most = _LIMITS[kind]
    edges = sorted({value for value in (*_EDGES, *_HUGE, -1, least, most) if least <= value <= most})
    return st.sampled_from(edges) | st.integers(0, 20)


def _texts() -> st.SearchStrategy[str]:
    return st.sampled_from(["", "x", "y", "coef", "intercept", "\0", "é" * 70, "m" * 257, "\U0001f600"])


def _bytes() -> st.SearchStrategy[bytes]:
    here = world()
    known = [
        here.chain.model_id,
        RICH.address,
        here.chain.owner.address,
        keys.escrow(1),
        keys.FEE_COLLECTOR,
        here.chain.operators[0].address,
        public_key(bytes(range(32))),
        *(sub.payload for sub in here.submissions),
        random_payload(1000),
        random_payload(7)[:-1],
        random_payload(7) + b"\0",
        random_payload(7)[:8] + bytes(len(random_payload(7)) - 8),
        random_payload(7, 2),
        b"\xff" * len(random_payload(7)),
    ]
    sizes = st.sampled_from(_SIZES)
    made = st.builds(lambda size, byte: bytes([byte]) * size, sizes, st.sampled_from([0, 1, 255]))
    return (st.sampled_from(known) | made).map(Short)


def _value(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _bytes()
    if field.type == FieldDescriptor.TYPE_STRING:
        return _texts()
    return numbers(field.type)


def _disturb(data: st.DataObject, message: Any) -> None:
    """Put an extreme value into one field, however deep; some messages have none."""
    if not message.DESCRIPTOR.fields:
        return
    field = data.draw(st.sampled_from(list(message.DESCRIPTOR.fields)), label="field")
    if field.is_repeated:
        _disturb_list(data, field, getattr(message, field.name))
    elif field.message_type:
        _disturb(data, getattr(message, field.name))
    else:
        setattr(message, field.name, data.draw(_value(field), label=field.name))


def _disturb_list(data: st.DataObject, field: FieldDescriptor, items: Any) -> None:
    what = data.draw(st.sampled_from(["empty", "one less", "twice", "many", "inside"]), label="list")
    if what == "empty" or not items:
        del items[:]
    elif what == "one less":
        del items[-1]
    elif what == "twice":
        items.append(items[-1])
    elif what == "many":
        items.extend([items[-1]] * data.draw(st.sampled_from([33, 1001, 5000])))
    elif field.message_type:
        _disturb(data, items[data.draw(st.integers(0, len(items) - 1))])
    else:
        items[-1] = data.draw(_value(field), label=field.name)


def _decent(data: st.DataObject, kind: str) -> Message:
    """A message that could succeed, but for who sends it and what it names."""
    chain, ready = world().chain, world().keys[pb.KEY_STATUS_READY]
    ident = data.draw(st.sampled_from(ROUND_IDS), label="round")
    sub = world().submissions[data.draw(st.integers(0, 1), label="submission")]
    terms = {
        "model_id": chain.model_id,
        "key_id": data.draw(st.just(ready) | st.sampled_from(KEY_IDS), label="key"),
        "bounty": 1_000_000,
        "scoring_fee": 40_001,
        "min_contributors": 1,
        "max_contributors": 4,
        "commit_window": 10,
        "reveal_window": 10,
        "scoring_window": 60,
        "owner_public_key": public_key(bytes(range(32))),
        "reference": random_payload(1001),
    }
    size = evidence.path_size(SMALL)
    part = tx_pb2.ReleasePart(share=b"\xff" * 16, path=bytes(size), signature=bytes(64))
    decent = {
        "transfer": lambda: tx_pb2.MsgTransfer(recipient=b"r" * 20, amount=1),
        "post_model": lambda: tx_pb2.MsgPostModel(
            model=wide_model(data.draw(st.sampled_from([3, 900, 4096])))
        ),
        "open_round": lambda: tx_pb2.MsgOpenRound(**terms),
        "commit": lambda: tx_pb2.MsgCommit(round_id=ident, commitment=bytes(32)),
        "reveal": lambda: sub.reveal,
        "cancel_round": lambda: tx_pb2.MsgCancelRound(round_id=ident),
        "acknowledge_release": lambda: tx_pb2.MsgAcknowledgeRelease(round_id=ident),
        "report_release": lambda: tx_pb2.MsgReportRelease(round_id=ident, parts=[part]),
        "create_validator": lambda: create_message(chain.owner, *NEW_KEYS),
        "edit_validator": lambda: tx_pb2.MsgEditValidator(description=Description(moniker="new")),
        "delegate": lambda: tx_pb2.MsgDelegate(validator=chain.operators[0].address, amount=1),
        "undelegate": lambda: tx_pb2.MsgUndelegate(validator=chain.operators[0].address, amount=1),
        "redelegate": lambda: tx_pb2.MsgRedelegate(
            source=chain.operators[0].address, target=JAILED.address, amount=1
        ),
        "cancel_unbonding": lambda: tx_pb2.MsgCancelUnbonding(
            validator=chain.operators[0].address, entry=1, amount=1
        ),
        "withdraw_reward": lambda: tx_pb2.MsgWithdrawReward(validator=chain.operators[0].address),
        "withdraw_commission": tx_pb2.MsgWithdrawCommission,
        "set_withdraw_address": lambda: tx_pb2.MsgSetWithdrawAddress(address=b"r" * 20),
        "fund_community_pool": lambda: tx_pb2.MsgFundCommunityPool(amount=1),
        "unjail": tx_pb2.MsgUnjail,
        "signal_upgrade": lambda: tx_pb2.MsgSignalUpgrade(version=2, height=1000),
    }
    return Message(**{kind: decent[kind]()})


@st.composite
def hostile_messages(draw: st.DrawFn) -> Message:
    """One message of any kind with up to three fields made extreme."""
    data = draw(st.data())
    kind = draw(st.sampled_from(KINDS))
    message = _decent(data, kind)
    for _ in range(draw(st.integers(0, 3))):
        _disturb(data, getattr(message, kind))
    return message


@st.composite
def hostile_transactions(draw: st.DrawFn) -> bytes:
    """A signed transaction whose messages, and sometimes envelope, are extreme."""
    sender = draw(st.just(world().chain.owner) | st.sampled_from(world().senders))
    messages = draw(st.lists(hostile_messages(), min_size=1, max_size=3))
    fields = {"gas_limit": 10**7, "fee": 10**5}
    for name in draw(
        st.lists(st.sampled_from(["sequence", "gas_limit", "fee", "timeout_height"]), max_size=1)
    ):
        fields[name] = draw(numbers(FieldDescriptor.TYPE_UINT64))
    return signed(sender, *messages, **fields)


def wide_model(features: int) -> Model:
    """A network with one parameter, and names of features as long as they may be."""
    model = small_model(1)
    model.kind, model.weights[:] = model_pb2.MODEL_KIND_MLP, [0]
    del model.layout[1]
    names = (f"{number:0128}" for number in range(features))
    del model.features[:]
    model.features.extend(Feature(name=name, scale=1) for name in names)
    return model


def signed(sender: Account, *messages: Message, **fields: int) -> bytes:
    """A transaction with the right sequence and plenty of gas, unless `fields` say otherwise."""
    sequence = ledger.account(world().overlay(), sender.address).sequence
    body = TxBody(messages=messages, sequence=sequence, gas_limit=10**7, fee=10**5)
    for name, value in fields.items():
        setattr(body, name, value)
    return Short(accounts.sign_tx(sender, CHAIN_ID, body.SerializeToString()))


# --- what must hold ----------------------------------------------------------


def decoded(raw: bytes) -> AccountTx | CommitteeMessage | AssayError:
    try:
        return decode(raw, CHAIN_ID, 1 << 22)
    except AssayError as error:
        return error


def checked(raws: Sequence[bytes]) -> int:
    """Take entries through CheckTx, and through its recheck what was admitted; return the last code."""
    chain, code = world().chain, 0
    views = [MempoolView(CHAIN_ID, chain.height - 1, chain.params, world().overlay()) for _ in range(2)]
    for raw in raws:
        try:
            entry = decode(raw, CHAIN_ID, 1 << 22)
            for again, view in enumerate(views):
                _admit(view, entry, again=bool(again))
            limit = entry.body.gas_limit if isinstance(entry, AccountTx) else 0
            abci_pb2.ResponseCheckTx(gas_wanted=limit).SerializeToString()
            code = 0
        except AssayError as error:
            code = error.code
    return code


def _admit(view: MempoolView, entry: AccountTx | CommitteeMessage, *, again: bool) -> None:
    if isinstance(entry, CommitteeMessage):
        view.admit_committee(entry)
    elif again:
        view.recheck(entry)
    else:
        view.precheck(entry)
        view.admit(entry)


def executed(raws: Sequence[bytes], extensions: Sequence[tuple[bytes, VoteExtension]] = ()) -> list[int]:
    """Execute a block of entries; return their codes. The state holds together, the answer can be sent."""
    chain, view = world().chain, world().overlay()
    entries = [decoded(raw) for raw in raws]
    result = execute(view, CHAIN_ID, Block(chain.height, entries, extensions, {}, taken_for_good))
    invariants.check_all(view)
    for key, value in view.changes.items():
        assert value is None or 0 < len(value) <= MAX_VALUE_BYTES, f"the store refuses the record {key.hex()}"
    block_response((), result, bytes(32)).SerializeToString()
    return [tx_result.code for tx_result in result.tx_results]


@settings(max_examples=300)
@given(raws=st.lists(hostile_transactions(), min_size=1, max_size=3))
def test_every_transaction_succeeds_or_gets_a_code(raws: list[bytes]) -> None:
    checked(raws)
    assert len(executed(raws)) == len(raws)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_with_nothing_in_it_gets_a_code(kind: str) -> None:
    message = Message()
    getattr(message, kind).SetInParent()
    for sender in world().senders[:2]:
        raw = signed(sender, message)
        assert checked([raw]) != 0
        assert executed([raw]) != [0]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "report_release"])
def test_a_message_can_succeed_here(kind: str) -> None:
    """Or else the messages above would all be refused at the door. A committee of one contradicts nobody."""
    here = world()
    named, sub, operator = here.rounds, here.submissions[1], here.chain.operators[0]
    good: dict[str, tuple[Account, Any]] = {
        "transfer": (RICH, tx_pb2.MsgTransfer(recipient=b"r" * 20, amount=1)),
        "post_model": (RICH, tx_pb2.MsgPostModel(model=small_model(3))),
        "open_round": (here.chain.owner, here.chain.terms(key_id=here.keys[pb.KEY_STATUS_READY])),
        "commit": (RICH, tx_pb2.MsgCommit(round_id=named[pb.ROUND_STATUS_OPEN], commitment=bytes(32))),
        "reveal": (sub.sender, sub.reveal),
        "cancel_round": (here.chain.owner, MsgCancelRound(round_id=named[pb.ROUND_STATUS_PENDING])),
        "acknowledge_release": (
            here.chain.owner,
            tx_pb2.MsgAcknowledgeRelease(round_id=named[pb.ROUND_STATUS_SETTLED]),
        ),
        "create_validator": (here.chain.owner, create_message(here.chain.owner, *NEW_KEYS)),
        "edit_validator": (operator, tx_pb2.MsgEditValidator(description=Description(moniker="new"))),
        "delegate": (RICH, tx_pb2.MsgDelegate(validator=operator.address, amount=1)),
        "undelegate": (RICH, tx_pb2.MsgUndelegate(validator=operator.address, amount=1)),
        "redelegate": (
            RICH,
            tx_pb2.MsgRedelegate(source=operator.address, target=JAILED.address, amount=1),
        ),
        "cancel_unbonding": (
            RICH,
            tx_pb2.MsgCancelUnbonding(validator=operator.address, entry=1, amount=1),
        ),
        "withdraw_reward": (RICH, tx_pb2.MsgWithdrawReward(validator=operator.address)),
        "withdraw_commission": (operator, tx_pb2.MsgWithdrawCommission()),
        "set_withdraw_address": (RICH, tx_pb2.MsgSetWithdrawAddress(address=b"r" * 20)),
        "fund_community_pool": (RICH, tx_pb2.MsgFundCommunityPool(amount=1)),
        "unjail": (JAILED, tx_pb2.MsgUnjail()),
        "signal_upgrade": (operator, tx_pb2.MsgSignalUpgrade(version=2, height=1000)),
    }
    sender, inner = good[kind]
    raw = signed(sender, Message(**{kind: inner}))
    assert checked([raw]) == 0
    assert executed([raw]) == [0]


# --- committee messages and vote extensions ----------------------------------


@st.composite
def hostile_committee_messages(draw: st.DrawFn) -> bytes:
    """A message by a true member, with extreme fields; or one that somebody else signed."""
    view, key_id = world().overlay(), draw(st.sampled_from(KEY_IDS))
    key = view.load(Key, keys.committee_key(key_id)) or Key()
    owed = slots.awaited(view, key, 0) if key.members else []
    body = CommitteeBody(version=1, key_id=key_id, phase=tx_pb2.COMMITTEE_PHASE_SHARES, data=bytes(16))
    body.slot = draw(st.sampled_from(_opening_ids()))
    if owed:
        item = draw(st.sampled_from(owed))
        body.phase, body.slot, body.data = (
            item.phase,
            item.slot,
            _data_for(item.size)[draw(st.integers(0, 2))],
        )
    for _ in range(draw(st.integers(0, 2))):
        _disturb(draw(st.data()), body)
    signer = draw(st.sampled_from([world().chain.committee_keys[0]] * 3 + [RICH]))
    return Short(accounts.sign_committee_tx(signer, CHAIN_ID, body.SerializeToString()))


def _opening_ids() -> list[int]:
    found = [Opening.FromString(data).id for _, data in world().overlay().iterate(keys.OPENING)]
    return [*found, 0, 2**63 - 1, 2**64 - 1]


def _data_for(size: int) -> list[bytes]:
    return [bytes(size), b"\xff" * size, join_data(size)[:size]]


@settings(max_examples=200)
@given(raws=st.lists(hostile_committee_messages(), min_size=1, max_size=4))
def test_every_committee_message_is_taken_or_gets_a_code(raws: list[bytes]) -> None:
    checked(raws)
    assert len(executed(raws)) == len(raws)


def test_a_member_is_heard_here() -> None:
    here, heard = world(), []
    for status in (
        pb.KEY_STATUS_JOINING,
        pb.KEY_STATUS_SEEDING,
        pb.KEY_STATUS_CHECKING,
        pb.KEY_STATUS_RELIN_KEY,
        pb.KEY_STATUS_ANSWERING,
    ):
        key = here.overlay().require(Key, keys.committee_key(here.keys[status]))
        item = slots.awaited(here.overlay(), key, 0)[0]
        body = CommitteeBody(version=1, key_id=key.id, phase=item.phase, slot=item.slot)
        body.data = join_data(item.size) if status == pb.KEY_STATUS_JOINING else bytes(item.size)
        member = here.chain.committee_keys[0]
        raw = accounts.sign_committee_tx(member, CHAIN_ID, body.SerializeToString())
        heard += [checked([raw]), *executed([raw])]
    assert heard == [0] * 10


@settings(max_examples=200)
@given(data=st.data())
def test_every_vote_extension_is_taken_or_refused(data: st.DataObject) -> None:
    runs = []
    for _ in range(data.draw(st.integers(1, 3))):
        first = data.draw(st.sampled_from(_opening_ids()) | numbers(FieldDescriptor.TYPE_UINT64))
        share = data.draw(st.sampled_from([bytes(16), b"\xff" * 16, b"\x01" + bytes(15), bytes(15), b""]))
        runs.append(ShareRun(first=first, shares=share * data.draw(st.sampled_from([1, 2, 8, 248, 249]))))
    raw = VoteExtension(version=1, runs=runs).SerializeToString()
    try:
        extension = parse_extension(raw)
    except AssayError:
        return
    validators = [world().chain.seats[0].validator, b"\xee" * 20]
    executed([], [(validator, extension) for validator in validators])


# --- bytes -------------------------------------------------------------------


@given(raw=hostile_transactions(), data=st.data())
def test_every_change_of_a_byte_is_decoded_or_gets_a_code(raw: bytes, data: st.DataObject) -> None:
    changed = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, min(len(changed), 400) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    checked([bytes(changed)])
    executed([bytes(changed)])


def test_a_transaction_of_very_many_messages_is_refused_before_they_are_gone_through() -> None:
    raw = accounts.sign_tx(RICH, CHAIN_ID, b"\x0a\x00" * (MAX_MESSAGES + 1))
    with pytest.raises(TooManyMessages):
        decode(raw, CHAIN_ID, 1 << 22)


def test_a_gas_limit_no_block_can_hold_is_refused() -> None:
    """It would wait in every mempool for ever, with all that its sender sends after it, and cost nothing."""
    most = world().chain.params.max_block_gas
    message = Message(transfer=tx_pb2.MsgTransfer(recipient=b"r" * 20, amount=1))
    for limit in (most + 1, 2**63, 2**64 - 1):
        raw = signed(RICH, message, gas_limit=limit, fee=2**60)
        assert checked([raw]) == GasLimitTooHigh.code
        assert executed([raw]) == [GasLimitTooHigh.code]
    assert executed([signed(RICH, message, gas_limit=most, fee=2**60)]) == [0]


def test_a_model_fits_the_record_it_is_kept_in() -> None:
    """The store takes no larger value, and refuses it when the block is already decided."""
    model = wide_model(1805)
    model.terms = "t" * (MAX_MODEL_BYTES - model.ByteSize() - 3)
    assert model.ByteSize() == MAX_MODEL_BYTES
    for addition, expected in (("", 0), ("t", BadModel.code)):
        model.terms += addition
        raw = signed(RICH, Message(post_model=tx_pb2.MsgPostModel(model=model)))
        assert checked([raw]) == expected
        assert executed([raw]) == [expected]
