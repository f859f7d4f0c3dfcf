"""Messages of a transaction, each from its fields.

Accounts are given as text or as their 20 bytes, validators by their operators' accounts, amounts in uasy.
"""

from __future__ import annotations

from assay.client.addresses import Address, raw_address
from assay.crypto.committee.evidence import Contradiction
from assay.proto import tx_pb2
from assay.proto.model_pb2 import Model
from assay.proto.tx_pb2 import Message


def transfer(recipient: Address, amount: int) -> Message:
    """Move `amount` uasy to an address."""
    return Message(transfer=tx_pb2.MsgTransfer(recipient=raw_address(recipient), amount=amount))


def post_model(model: Model) -> Message:
    """Publish a model."""
    return Message(post_model=tx_pb2.MsgPostModel(model=model))


def open_round(terms: tx_pb2.MsgOpenRound) -> Message:
    """Open a round with a bounty."""
    return Message(open_round=terms)


def commit(round_id: int, commitment: bytes) -> Message:
    """Commit to a submission."""
    return Message(commit=tx_pb2.MsgCommit(round_id=round_id, commitment=commitment))


def reveal(round_id: int, salt: bytes, reserve: int, payload: bytes) -> Message:
    """Reveal a submission committed to before."""
    fields = tx_pb2.MsgReveal(round_id=round_id, salt=salt, reserve=reserve, payload=payload)
    return Message(reveal=fields)


def cancel_round(round_id: int) -> Message:
    """Take back a round nobody has committed to."""
    return Message(cancel_round=tx_pb2.MsgCancelRound(round_id=round_id))


def acknowledge_release(round_id: int) -> Message:
    """Say that the released sum has been opened and its bytes may go."""
    return Message(acknowledge_release=tx_pb2.MsgAcknowledgeRelease(round_id=round_id))


def report_release(round_id: int, found: Contradiction) -> Message:
    """Prove to the chain that a member's share of the released sum is wrong."""
    parts = [
        tx_pb2.ReleasePart(member=member, share=part.share, path=part.path, signature=part.signature)
        for member, part in sorted(found.parts.items())
    ]
    fields = tx_pb2.MsgReportRelease(round_id=round_id, slot=found.slot, index=found.index, parts=parts)
    return Message(report_release=fields)


# --- proof of stake ----------------------------------------------------------


def create_validator(terms: tx_pb2.MsgCreateValidator) -> Message:
    """Become a validator's operator; `assay.client.joining` fills in keys and proofs."""
    return Message(create_validator=terms)


def edit_validator(changes: tx_pb2.MsgEditValidator) -> Message:
    """Change what one's own validator says of itself, or its commission; what is left out stays."""
    return Message(edit_validator=changes)


def delegate(validator: Address, amount: int) -> Message:
    """Stake `amount` uasy with a validator."""
    return Message(delegate=tx_pb2.MsgDelegate(validator=raw_address(validator), amount=amount))


def undelegate(validator: Address, amount: int) -> Message:
    """Take stake worth `amount` uasy back; it is free after the unbonding period."""
    return Message(undelegate=tx_pb2.MsgUndelegate(validator=raw_address(validator), amount=amount))


def redelegate(source: Address, target: Address, amount: int) -> Message:
    """Move stake worth `amount` uasy from one validator to another, at once."""
    fields = tx_pb2.MsgRedelegate(source=raw_address(source), target=raw_address(target), amount=amount)
    return Message(redelegate=fields)


def cancel_unbonding(validator: Address, entry: int, amount: int) -> Message:
    """Delegate `amount` uasy again of the unbonding entry with this id."""
    fields = tx_pb2.MsgCancelUnbonding(validator=raw_address(validator), entry=entry, amount=amount)
    return Message(cancel_unbonding=fields)


def withdraw_reward(validator: Address) -> Message:
    """Withdraw what one's delegation to a validator has earned."""
    return Message(withdraw_reward=tx_pb2.MsgWithdrawReward(validator=raw_address(validator)))


def withdraw_commission() -> Message:
    """Withdraw the commission of one's own validator."""
    return Message(withdraw_commission=tx_pb2.MsgWithdrawCommission())


def set_withdraw_address(address: Address) -> Message:
    """Have all rewards and commission of the sender paid to another account."""
    return Message(set_withdraw_address=tx_pb2.MsgSetWithdrawAddress(address=raw_address(address)))


def fund_community_pool(amount: int) -> Message:
    """Give `amount` uasy to the community pool."""
    return Message(fund_community_pool=tx_pb2.MsgFundCommunityPool(amount=amount))


def unjail() -> Message:
    """Let one's own validator out of jail, once its time there is over."""
    return Message(unjail=tx_pb2.MsgUnjail())


def signal_upgrade(version: int, height: int) -> Message:
    """Say that one's own validator is ready for a version of the state from a height on; 0, 0 for none."""
    return Message(signal_upgrade=tx_pb2.MsgSignalUpgrade(version=version, height=height))
