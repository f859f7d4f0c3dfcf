"""One handler for each kind of message, found by its name in `assay.v1.Message`."""

from __future__ import annotations

from typing import Any, Final

from assay.state.handlers.acknowledge_release import AcknowledgeReleaseHandler
from assay.state.handlers.base import Handler
from assay.state.handlers.cancel_round import CancelRoundHandler
from assay.state.handlers.cancel_unbonding import CancelUnbondingHandler
from assay.state.handlers.commit import CommitHandler
from assay.state.handlers.create_validator import CreateValidatorHandler
from assay.state.handlers.delegate import DelegateHandler
from assay.state.handlers.edit_validator import EditValidatorHandler
from assay.state.handlers.fund_community_pool import FundCommunityPoolHandler
from assay.state.handlers.open_round import OpenRoundHandler
from assay.state.handlers.post_model import PostModelHandler
from assay.state.handlers.redelegate import RedelegateHandler
from assay.state.handlers.report_release import ReportReleaseHandler
from assay.state.handlers.reveal import RevealHandler
from assay.state.handlers.set_withdraw_address import SetWithdrawAddressHandler
from assay.state.handlers.signal_upgrade import SignalUpgradeHandler
from assay.state.handlers.transfer import TransferHandler
from assay.state.handlers.undelegate import UndelegateHandler
from assay.state.handlers.unjail import UnjailHandler
from assay.state.handlers.withdraw_commission import WithdrawCommissionHandler
from assay.state.handlers.withdraw_reward import WithdrawRewardHandler

HANDLERS: Final[dict[str, Handler[Any]]] = {
    "transfer": TransferHandler(),
    "post_model": PostModelHandler(),
    "open_round": OpenRoundHandler(),
    "commit": CommitHandler(),
    "reveal": RevealHandler(),
    "cancel_round": CancelRoundHandler(),
    "acknowledge_release": AcknowledgeReleaseHandler(),
    "report_release": ReportReleaseHandler(),
    "create_validator": CreateValidatorHandler(),
    "edit_validator": EditValidatorHandler(),
    "delegate": DelegateHandler(),
    "undelegate": UndelegateHandler(),
    "redelegate": RedelegateHandler(),
    "cancel_unbonding": CancelUnbondingHandler(),
    "withdraw_reward": WithdrawRewardHandler(),
    "withdraw_commission": WithdrawCommissionHandler(),
    "set_withdraw_address": SetWithdrawAddressHandler(),
    "fund_community_pool": FundCommunityPoolHandler(),
    "unjail": UnjailHandler(),
    "signal_upgrade": SignalUpgradeHandler(),
}

PROVEN: Final = frozenset(("open_round", "reveal"))
"""Kinds of messages whose payload carries a proof."""
