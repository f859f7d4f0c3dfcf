"""Another version of rules and records, from a height on which the validators agree.

Nothing about an upgrade is left to chance: operators install a program that
knows the new version beforehand, and signal that they are ready. When more than
two thirds of the power have signalled the same version and height, both stand
in the parameters. The block of that height begins with the migrations; a
program that does not know the version stops in front of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Params, UpgradeSignal
from assay.proto.tx_pb2 import MsgSignalUpgrade
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import BadUpgrade, NoVoice
from assay.state.staking import newest_set
from assay.state.validators import records

MIGRATIONS: Final[dict[int, Callable[[Overlay], None]]] = {}
"""What turns a state of the version before into one of this version."""

FIRST_VERSION: Final = 1


class UpgradeNeeded(RuntimeError):
    """The chain goes on with a version of the state that this program does not know."""


def latest() -> int:
    """Return the newest version of the state that this program knows."""
    return max(MIGRATIONS, default=FIRST_VERSION)


def require_known(params: Params, height: int) -> None:
    """Refuse to go on at a height whose version this program does not know.

    Raises
    ------
    UpgradeNeeded
        With what the operator has to do.
    """
    due = params.upgrade_version if _is_due(params, height) else 0
    needed = max(params.state_version, due)
    if needed > latest():
        raise UpgradeNeeded(
            f"block {height} needs version {needed} of the state, this program knows up to {latest()}: "
            "install a release that knows it, and start the node again; nothing is lost"
        )


def run_due(view: Overlay, height: int) -> None:
    """Begin a block: run the migrations if its height is that of an upgrade.

    Raises
    ------
    UpgradeNeeded
        If this program does not know the version.
    """
    params = view.require(Params, keys.PARAMS)
    require_known(params, height)
    if not _is_due(params, height):
        return
    target = params.upgrade_version
    for version in range(params.state_version + 1, target + 1):
        MIGRATIONS[version](view)
    migrated = view.require(Params, keys.PARAMS)  # a migration may change parameters
    migrated.state_version, migrated.upgrade_version, migrated.upgrade_height = target, 0, 0
    view.save(keys.PARAMS, migrated)
    for place, _ in view.iterate(keys.UPGRADE_SIGNAL):
        view.delete(place)


def _is_due(params: Params, height: int) -> bool:
    return params.upgrade_version > 0 and height >= params.upgrade_height


# --- deciding ----------------------------------------------------------------


def check_signal(ctx: Context, operator: bytes, message: MsgSignalUpgrade) -> None:
    """Refuse a signal by somebody who is not in the set, or for what cannot be.

    Raises
    ------
    NoVoice, BadUpgrade
    """
    record = records.load(ctx.view, operator)
    if record is None or not records.is_bonded(record):
        raise NoVoice("only a validator in the set can signal for an upgrade")
    if not message.version:
        if message.height:
            raise BadUpgrade("a signal for no upgrade names no height")
        return
    current, earliest = ctx.params.state_version, ctx.height + ctx.params.upgrade_notice
    if message.version <= current:
        raise BadUpgrade(f"the state has version {current}; signal for a later one")
    if not earliest <= message.height < 1 << 62:
        raise BadUpgrade(f"an upgrade is decided in time: the earliest height now is {earliest}")


def signal(ctx: Context, operator: bytes, message: MsgSignalUpgrade) -> None:
    """Keep a validator's signal; decide if more than two thirds of the power say the same."""
    record = UpgradeSignal(operator=operator, version=message.version, height=message.height)
    ctx.view.save(keys.upgrade_signal(operator), record)
    ctx.emit(
        "upgrade_signal",
        {"validator": encode_address(operator)},
        version=message.version,
        height=message.height,
    )
    if _carried(ctx, record):
        _decide(ctx, record)


def _carried(ctx: Context, wanted: UpgradeSignal) -> bool:
    total = agreeing = 0
    for validator in newest_set(ctx.view):
        operator = ctx.view.get(keys.consensus_address(validator.address)) or b""
        found = ctx.view.load(UpgradeSignal, keys.upgrade_signal(operator)) or UpgradeSignal()
        total += validator.power
        if (found.operator, found.version, found.height) == (operator, wanted.version, wanted.height):
            agreeing += validator.power
    return 3 * agreeing > 2 * total


def _decide(ctx: Context, wanted: UpgradeSignal) -> None:
    params = ctx.view.require(Params, keys.PARAMS)
    if (params.upgrade_version, params.upgrade_height) == (wanted.version, wanted.height):
        return
    params.upgrade_version, params.upgrade_height = wanted.version, wanted.height
    ctx.view.save(keys.PARAMS, params)
    ctx.emit("upgrade", {"version": str(wanted.version)}, height=wanted.height)
