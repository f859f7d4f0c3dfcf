"""The group of all commands, and what they have in common."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Final

import click

from assay.client.cli.failures import sentence
from assay.client.cli.terminal import printable
from assay.client.errors import ClientError
from assay.crypto.ed25519_rules import SignatureRulesDiffer
from assay.crypto.keystore import KeystoreError
from assay.node.abci.server import AddressError
from assay.node.backup.errors import BackupError
from assay.node.cli.chain import reset, verify
from assay.node.cli.doctor import doctor
from assay.node.cli.export import export
from assay.node.cli.init import init
from assay.node.cli.launch import add_genesis_account, collect_gentxs, gentx, set_genesis, validate_genesis
from assay.node.cli.start import start
from assay.node.cli.statesync import state_sync
from assay.node.cli.status import show_node_id, status, version
from assay.node.cli.testnet import testnet
from assay.node.cli.upkeep import backup, compact, restore, rollback
from assay.node.cli.validator import prove_key, show_validator
from assay.node.cometbft import CometBFTError
from assay.node.committee.identity import IdentityError
from assay.node.home import HomeError
from assay.node.room import DiskUnusable
from assay.node.settings import SettingsError
from assay.node.workers.pool import WorkerFailed
from assay.node.workers.process import WorkerRefused
from assay.state.store import StoreError
from assay.state.upgrades import UpgradeNeeded

EXPECTED: Final = (
    AddressError,
    BackupError,
    ClientError,
    CometBFTError,
    DiskUnusable,
    HomeError,
    IdentityError,
    KeystoreError,
    OSError,
    SettingsError,
    SignatureRulesDiffer,
    StoreError,
    UpgradeNeeded,
    WorkerFailed,
    WorkerRefused,
)
"""Exceptions whose message is meant for operators; any other is a bug and shows its traceback."""


class Commands(click.Group):
    """Turns expected exceptions into a sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            if getattr(error, "errno", None) == errno.EPIPE:
                raise  # whoever reads our output has enough; click ends quietly
            click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(printable(sentence(error)), err=True)
            raise SystemExit(1) from None


def _default_home() -> Path:
    return Path(os.environ.get("ASSAYD_HOME") or Path.home() / ".assayd")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), help="The node's home (ASSAYD_HOME, ~/.assayd).")
@click.pass_context
def assayd(ctx: click.Context, home: Path | None) -> None:
    """Run a validator or full node of an Assay chain."""
    ctx.obj = home or _default_home()


for command in (
    *(init, testnet, start, status, doctor, verify, reset, state_sync, export),
    *(add_genesis_account, gentx, collect_gentxs, validate_genesis, set_genesis),
    *(backup, restore, compact, rollback),
    *(show_node_id, show_validator, prove_key, version),
):
    assayd.add_command(command)
