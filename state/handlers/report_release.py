"""MsgReportRelease: the owner proves a member's share of the released sum wrong."""

from __future__ import annotations

from typing import Final

from assay.crypto.presets import COMMITTEE_SIZES
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgReportRelease
from assay.state.context import Context
from assay.state.rounds import reports
from assay.state.rules import gas
from assay.state.rules.errors import BadReport

MOST_PARTS: Final = max(COMMITTEE_SIZES)


class ReportReleaseHandler:
    """Rules of MsgReportRelease."""

    def cost(self, message: MsgReportRelease, params: Params) -> int:
        """Return the gas: round, key, and for each part a signature and what naming its member writes."""
        return gas.store_cost(2, 0) + len(message.parts) * (gas.SIGNATURE + gas.store_cost(2, 2))

    def check_form(self, message: MsgReportRelease, params: Params) -> None:
        """Refuse more parts than a committee has members."""
        if len(message.parts) > MOST_PARTS:
            raise BadReport(f"a report has at most {MOST_PARTS} parts, this one {len(message.parts)}")

    def spends(self, ctx: Context, message: MsgReportRelease) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgReportRelease) -> None:
        """Refuse what proves nothing; members' signatures are dear and left to the block."""
        reports.check(ctx, sender, message)

    def execute(self, ctx: Context, sender: bytes, message: MsgReportRelease) -> None:
        """Check the members' signatures too, and name who sent a wrong share."""
        reports.report(ctx, sender, message)
