"""What people do: messages of every kind, drawn by weight, with good, doubtful and absurd arguments."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from tests.state.chain import OWNER_SECRET, Submission, random_payload, small_model
from tests.state.conftest import CHAIN_ID, account
from tests.state.stake import create_message

from assay.crypto import accounts
from assay.crypto.accounts import Account, sign_committee_tx, sign_tx
from assay.crypto.committee.sealed_box import public_key
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.staking_pb2 import Description, UnbondingEntry
from assay.proto.state_pb2 import Contribution, Key, ModelRecord, Params, Round
from assay.proto.tx_pb2 import CommitteeBody, Message, TxBody
from assay.state import ledger
from assay.state.ceremony import records as key_records
from assay.state.overlay import Overlay
from assay.state.rules import gas, keys
from assay.state.transition import read_params
from assay.state.validators import delegations
from assay.state.validators import records as validators

PEOPLE: Final = 30
GENESIS_VALIDATORS: Final = 5
BALANCE: Final = 10**11
ASY: Final = 10**6
_ABSURD: Final = (0, 1, 2**63 - 1, 2**63, 2**64 - 1)


def person(number: int) -> Account:
    """Somebody with an account; the first few are the operators of the genesis."""
    return account(2000 + number)


def consensus_key(operator: Account) -> Account:
    """The key by which an operator's validator signs blocks."""
    return accounts.from_seed(b"consensus" + operator.seed[9:])


def committee_key(operator: Account) -> Account:
    """The key by which an operator's validator signs committee messages."""
    return accounts.from_seed(b"committee" + operator.seed[9:])


class People:
    """Makes signed transactions that fit a state, or not.

    Parameters
    ----------
    rng
        Decides everything.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.everybody = [person(number) for number in range(PEOPLE)]
        self._by_address = {who.address: who for who in self.everybody}
        self._submissions: dict[tuple[int, bytes], Submission] = {}
        self._sequences: dict[bytes, int] = {}
        self._view = Overlay(_Nothing())
        self._params = Params()
        self._height = 0

    def transactions(self, view: Overlay, height: int, count: int) -> list[bytes]:
        """Make the transactions of the block at a height."""
        self._view, self._params, self._height = view, read_params(view), height
        self._sequences = {}
        kinds = self.rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=count)
        return [self._one(kind) for kind in kinds]

    def _one(self, kind: str) -> bytes:
        if kind == "garbage":
            return self._garbage()
        if kind == "committee":
            return self._committee_message()
        sender, message = getattr(self, f"_{kind}")()
        if self.rng.random() < 0.03:
            sender = self._somebody()
        return self._signed(sender, Message(**{kind: message}))

    def _signed(self, sender: Account, *messages: Message) -> bytes:
        if self.rng.random() < 0.05:
            kind = self.rng.choice(["transfer", "delegate", "withdraw_commission"])
            messages = (*messages, Message(**{kind: getattr(self, f"_{kind}")()[1]}))
        limit = 10**7 if any(message.HasField("open_round") for message in messages) else 10**6
        body = TxBody(messages=messages, gas_limit=limit, fee=gas.least_fee(limit, self._params.gas_price))
        known = ledger.account(self._view, sender.address).sequence
        body.sequence = self._sequences.get(sender.address, known)
        if self.rng.random() < 0.02:
            setattr(body, self.rng.choice(["fee", "sequence", "gas_limit", "timeout_height"]), self._absurd())
        else:
            self._sequences[sender.address] = body.sequence + 1
        return sign_tx(sender, CHAIN_ID, body.SerializeToString(deterministic=True))

    # -- drawing ----------------------------------------------------------------------------

    def _somebody(self) -> Account:
        return self.rng.choice(self.everybody)

    def _absurd(self) -> int:
        return self.rng.choice(_ABSURD)

    def _amount(self, most: int) -> int:
        """Mostly something that is there, sometimes all of it, sometimes too much."""
        drawn = self.rng.random()
        if drawn < 0.08:
            return self._absurd()
        if drawn < 0.14:
            return most + self.rng.randrange(2)
        return self.rng.randrange(1, max(2, most // self.rng.choice([1, 2, 10, 1000])))

    def _operators(self) -> list[bytes]:
        return [record.operator for record in validators.listed(self._view)]

    def _validator(self) -> bytes:
        known = self._operators()
        return self.rng.choice(known) if self.rng.random() < 0.97 else self._somebody().address

    def _delegation(self) -> tuple[Account, bytes, int]:
        """Somebody, a validator, and what a delegation of the one to the other may be worth."""
        who = self._somebody()
        own = list(delegations.by_delegator(self._view, who.address))
        if not own or self.rng.random() < 0.03:
            return who, self._validator(), ASY
        item = self.rng.choice(own)
        record = validators.find(self._view, item.validator)
        return (
            who,
            item.validator,
            int.from_bytes(item.shares, "big")
            * record.tokens
            // max(1, int.from_bytes(record.shares, "big")),
        )

    def _listed(self, kind: Any, table: bytes) -> list[Any]:
        return [kind.FromString(data) for _, data in self._view.iterate(table)]

    def _round(self, *statuses: int) -> Round:
        """A round that mostly has one of these statuses."""
        found = self._listed(Round, keys.ROUND)
        fitting = [record for record in found if record.status in statuses]
        if fitting and self.rng.random() < 0.9:
            return self.rng.choice(fitting)
        return self.rng.choice(found) if found else Round(id=self.rng.randrange(3))

    # -- tokens -----------------------------------------------------------------------------

    def _transfer(self) -> tuple[Account, Any]:
        who, other = self._somebody(), self._somebody()
        amount = self._amount(ledger.account(self._view, who.address).balance // 100)
        return who, tx_pb2.MsgTransfer(recipient=other.address, amount=amount)

    # -- staking ----------------------------------------------------------------------------

    def _create_validator(self) -> tuple[Account, Any]:
        who = self._somebody()
        changes = self.rng.choice(
            [
                {},
                {},
                {"min_self_delegation": self._absurd()},
                {"commission_rate": self.rng.randrange(20_000)},
                {"proof": bytes(64)},
                {"description": Description(moniker="x" * self.rng.choice([0, 70, 71]))},
            ]
        )
        amount = self._amount(20 * ASY)
        message = create_message(who, consensus_key(who), committee_key(who), amount, **changes)
        return who, message

    def _edit_validator(self) -> tuple[Account, Any]:
        who = self._by_address.get(self._validator(), self.everybody[0])
        return who, tx_pb2.MsgEditValidator(
            commission_rate=self.rng.randrange(2_100) if self.rng.random() < 0.7 else None,
            min_self_delegation=self._amount(ASY) if self.rng.random() < 0.2 else None,
        )

    def _delegate(self) -> tuple[Account, Any]:
        who = self._somebody()
        amount = self._amount(ledger.account(self._view, who.address).balance // 50)
        return who, tx_pb2.MsgDelegate(validator=self._validator(), amount=amount)

    def _undelegate(self) -> tuple[Account, Any]:
        who, validator, worth = self._delegation()
        return who, tx_pb2.MsgUndelegate(validator=validator, amount=self._amount(worth))

    def _redelegate(self) -> tuple[Account, Any]:
        who, source, worth = self._delegation()
        message = tx_pb2.MsgRedelegate(source=source, target=self._validator(), amount=self._amount(worth))
        return who, message

    def _cancel_unbonding(self) -> tuple[Account, Any]:
        found: list[UnbondingEntry] = self._listed(UnbondingEntry, keys.UNBONDING)
        if not found:
            return self._somebody(), tx_pb2.MsgCancelUnbonding(validator=self._validator(), entry=1, amount=1)
        item = self.rng.choice(found)
        amount = self._amount(item.balance)
        message = tx_pb2.MsgCancelUnbonding(validator=item.validator, entry=item.id, amount=amount)
        return self._by_address[item.delegator], message

    def _unjail(self) -> tuple[Account, Any]:
        jailed = [record.operator for record in validators.listed(self._view) if record.jailed]
        who = self.rng.choice(jailed) if jailed else self._validator()
        return self._by_address.get(who, self.everybody[0]), tx_pb2.MsgUnjail()

    def _signal_upgrade(self) -> tuple[Account, Any]:
        """Versions nobody knows are decided on now and then; the heights lie behind the end."""
        who = self._by_address.get(self._validator(), self.everybody[0])
        version = self.rng.choice([0, 0, 1, 2, 2])
        return who, tx_pb2.MsgSignalUpgrade(version=version, height=10**6 if version else 0)

    # -- rewards ----------------------------------------------------------------------------

    def _withdraw_reward(self) -> tuple[Account, Any]:
        who, validator, _ = self._delegation()
        return who, tx_pb2.MsgWithdrawReward(validator=validator)

    def _withdraw_commission(self) -> tuple[Account, Any]:
        who = self._by_address.get(self._validator(), self.everybody[0])
        return who, tx_pb2.MsgWithdrawCommission()

    def _set_withdraw_address(self) -> tuple[Account, Any]:
        address = self.rng.choice([self._somebody().address, keys.BONDED_POOL, b"short"])
        return self._somebody(), tx_pb2.MsgSetWithdrawAddress(address=address)

    def _fund_community_pool(self) -> tuple[Account, Any]:
        return self._somebody(), tx_pb2.MsgFundCommunityPool(amount=self._amount(ASY))

    # -- the market ---------------------------------------------------------------------------

    def _post_model(self) -> tuple[Account, Any]:
        return self._somebody(), tx_pb2.MsgPostModel(model=small_model(self.rng.choice([3, 5, 8])))

    def _open_round(self) -> tuple[Account, Any]:
        models = self._listed(ModelRecord, keys.MODEL)
        ready = [
            ident
            for ident in key_records.pool(self._view)
            if self._view.require(Key, keys.committee_key(ident)).status == pb.KEY_STATUS_READY
        ]
        if not models or not ready:
            return self._somebody(), tx_pb2.MsgOpenRound()
        model = self.rng.choice(models)
        message = tx_pb2.MsgOpenRound(
            model_id=model.id,
            key_id=self.rng.choice(ready),
            bounty=self._amount(10 * ASY),
            scoring_fee=self.rng.randrange(10**6),
            deposit=self.rng.randrange(10**5),
            min_contributors=self.rng.choice([1, 1, 2]),
            max_contributors=self.rng.choice([2, 3, 4]),
            commit_window=self.rng.choice([10, 20]),
            reveal_window=self.rng.choice([10, 20]),
            scoring_window=self.rng.choice([60, 80]),
            owner_public_key=public_key(OWNER_SECRET),
            reference=random_payload(self.rng.randrange(20)),
        )
        return self._by_address.get(model.owner, self._somebody()), message

    def _commit(self) -> tuple[Account, Any]:
        who, record = self._somebody(), self._round(pb.ROUND_STATUS_OPEN)
        made = Submission(who, record.id, random_payload(self.rng.randrange(100, 140)), self.rng.randrange(3))
        self._submissions.setdefault((record.id, who.address), made)
        return who, self._submissions[record.id, who.address].commit

    def _reveal(self) -> tuple[Account, Any]:
        record = self._round(pb.ROUND_STATUS_REVEAL)
        found = [
            Contribution.FromString(data) for _, data in self._view.iterate(keys.contributions(record.id))
        ]
        made = [self._submissions.get((item.round_id, item.sender)) for item in found]
        kept = [item for item in made if item is not None]
        if not kept:
            return self._somebody(), tx_pb2.MsgReveal(round_id=record.id, salt=bytes(32), payload=b"none")
        chosen = self.rng.choice(kept)
        message = chosen.reveal
        if self.rng.random() < 0.05:
            message.reserve += 1
        return chosen.sender, message

    def _cancel_round(self) -> tuple[Account, Any]:
        record = self._round()
        who = self._by_address.get(record.owner, self.everybody[0])
        return who, tx_pb2.MsgCancelRound(round_id=record.id)

    def _acknowledge_release(self) -> tuple[Account, Any]:
        record = self._round(pb.ROUND_STATUS_SETTLED)
        who = self._by_address.get(record.owner, self.everybody[0])
        return who, tx_pb2.MsgAcknowledgeRelease(round_id=record.id)

    def _report_release(self) -> tuple[Account, Any]:
        record = self._round(pb.ROUND_STATUS_SETTLED)
        who = self._by_address.get(record.owner, self.everybody[0])
        part = tx_pb2.ReleasePart(share=bytes(16), signature=bytes(64))
        return who, tx_pb2.MsgReportRelease(round_id=record.id, parts=[part])

    # -- what is none -------------------------------------------------------------------------

    def _committee_message(self) -> bytes:
        key_id = self.rng.choice([*key_records.pool(self._view), 10**9])
        body = CommitteeBody(
            version=1,
            key_id=key_id,
            phase=self.rng.choice(tx_pb2.CommitteePhase.values()),
            member=self.rng.randrange(4),
            data=bytes(self.rng.choice([16, 96, 160])),
        )
        return sign_committee_tx(committee_key(self._somebody()), CHAIN_ID, body.SerializeToString())

    def _garbage(self) -> bytes:
        return self.rng.choice([b"", b"\x0a", b"\x22", b"\x30"]) + self.rng.randbytes(self.rng.randrange(40))


class _Nothing:
    """A state without records, before the first block."""

    def get(self, _key: bytes) -> bytes | None:
        return None

    def iterate(self, _prefix: bytes, _start: bytes = b"") -> Any:
        return iter(())

    def get_bulk(self, _scope: bytes, _digest: bytes) -> bytes | None:
        return None


_WEIGHTS: Final[dict[str, int]] = {
    "transfer": 10,
    "create_validator": 2,
    "edit_validator": 2,
    "delegate": 16,
    "undelegate": 11,
    "redelegate": 9,
    "cancel_unbonding": 5,
    "unjail": 3,
    "signal_upgrade": 1,
    "withdraw_reward": 8,
    "withdraw_commission": 2,
    "set_withdraw_address": 1,
    "fund_community_pool": 1,
    "post_model": 1,
    "open_round": 2,
    "commit": 9,
    "reveal": 9,
    "cancel_round": 1,
    "acknowledge_release": 1,
    "report_release": 1,
    "committee": 2,
    "garbage": 1,
}
"""How often each kind is drawn, of a hundred or so."""

KINDS: Final = tuple(kind for kind in _WEIGHTS if kind not in ("committee", "garbage"))
