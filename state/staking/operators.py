"""How an account becomes a validator's operator, and what it may change afterwards.

The form of messages is checked by their handlers; here is what the state has to say.
"""

from __future__ import annotations

from assay.crypto.accounts import address_of, encode_address
from assay.proto.staking_pb2 import BOND_STATUS_UNBONDED, Commission, ValidatorRecord
from assay.proto.tx_pb2 import MsgCreateValidator, MsgEditValidator
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.rules.errors import BadCommission, KeyTombstoned, SelfDelegationTooLow, ValidatorExists
from assay.state.staking.delegating import delegate, self_stake
from assay.state.validators import records as validators
from assay.state.validators import signing

DAYS_A_YEAR = 365


def check_create(ctx: Context, operator: bytes, message: MsgCreateValidator) -> None:
    """Refuse a second validator of an operator or of a consensus key, and a key that has signed twice.

    Raises
    ------
    ValidatorExists, KeyTombstoned
    """
    if validators.load(ctx.view, operator) is not None:
        raise ValidatorExists("the account is a validator's operator already; `assay stake edit-validator`")
    address = address_of(message.public_key)
    if ctx.view.get(keys.consensus_address(address)) is not None:
        raise ValidatorExists("the consensus key is a validator's already; every node needs a key of its own")
    if signing.is_tombstoned(ctx.view, address):
        raise KeyTombstoned("the consensus key has signed two blocks at one height; make a new key")


def create(ctx: Context, operator: bytes, message: MsgCreateValidator) -> ValidatorRecord:
    """Make an account a validator's operator and delegate its own stake. The set takes it at the block's end.

    The message's form, and what `check_create` refuses, must have been checked.

    Raises
    ------
    InsufficientFunds
        If the account holds less than it is to delegate.
    """
    record = ValidatorRecord(
        operator=operator,
        public_key=message.public_key,
        committee_key=message.committee_key,
        description=message.description,
        commission=Commission(
            rate=message.commission_rate,
            max_rate=message.max_commission_rate,
            max_change=message.max_commission_change,
            changed=ctx.height,
        ),
        min_self_delegation=message.min_self_delegation,
        status=BOND_STATUS_UNBONDED,
        created=ctx.height,
    )
    validators.save(ctx, record)
    consensus = validators.consensus_address(record).hex()
    ctx.emit("create_validator", {"validator": encode_address(operator)}, consensus_address=consensus)
    delegate(ctx, operator, record, message.amount)
    return record


def check_edit(ctx: Context, operator: bytes, message: MsgEditValidator) -> ValidatorRecord:
    """Return the validator of an operator that may change it so.

    Raises
    ------
    ValidatorNotFound, BadCommission, SelfDelegationTooLow
        If there is none, or it may not.
    """
    record = validators.find(ctx.view, operator)
    if message.HasField("commission_rate"):
        _check_rate(ctx, record.commission, message.commission_rate)
    if message.HasField("min_self_delegation"):
        _check_promise(record.min_self_delegation, self_stake(ctx.view, record), message.min_self_delegation)
    return record


def _check_rate(ctx: Context, commission: Commission, rate: int) -> None:
    earliest = commission.changed + ctx.params.blocks_per_year // DAYS_A_YEAR
    if ctx.height < earliest:
        raise BadCommission(f"a commission changes once a day; this one may from height {earliest} on")
    if rate > commission.max_rate:
        raise BadCommission(
            f"the commission is {rate} basis points, the validator promised at most {commission.max_rate}"
        )
    if rate > commission.rate + commission.max_change:
        raise BadCommission(
            f"the commission is {commission.rate} basis points and may rise by {commission.max_change}, "
            f"not to {rate}"
        )


def _check_promise(promised: int, stake: int, wanted: int) -> None:
    if wanted < promised:
        raise SelfDelegationTooLow(f"the promised self-delegation is {promised} uasy and may only rise")
    if wanted > stake:
        raise SelfDelegationTooLow(f"the operator has delegated {stake} uasy, less than {wanted} uasy")


def edit(ctx: Context, record: ValidatorRecord, message: MsgEditValidator) -> None:
    """Change what the message names; `check_edit` must have passed."""
    if message.HasField("description"):
        record.description.CopyFrom(message.description)
    if message.HasField("commission_rate"):
        record.commission.rate = message.commission_rate
        record.commission.changed = ctx.height
    if message.HasField("min_self_delegation"):
        record.min_self_delegation = message.min_self_delegation
    if message.committee_key:
        record.committee_key = message.committee_key
    validators.save(ctx, record)
    ctx.emit("edit_validator", {"validator": encode_address(record.operator)})
