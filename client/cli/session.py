"""What every command needs: settings, the node, keys, and a way to print."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.console import Console, RenderableType

from assay.client.cli.terminal import SafeConsole, printable
from assay.client.client import Client
from assay.client.home import Home
from assay.client.light.verify import DEFAULT_HOURS, TrustRules, parse_period, time_in_words
from assay.client.settings import Settings
from assay.crypto.accounts import ADDRESS_PREFIX, Account, AddressError, decode_address
from assay.crypto.files import UnsafeMode, read_private
from assay.crypto.keystore import BadName, KeyNotFound, Keystore, KeystoreError

T = TypeVar("T")
DEFAULT_NODE: Final = "http://127.0.0.1:26657"
PASSPHRASE: Final = "ASSAY_PASSPHRASE"  # noqa: S105  # the name of the variable, not a secret
_MAX_PASSPHRASE_BYTES: Final = 4096
_FILE_WIDTH: Final = 160


@dataclass
class Session:
    """One run of the command.

    Attributes
    ----------
    home
        Keys, settings, unfinished work.
    node, chain_id, trust, witness
        As given on the command line; None, or no witness, takes setting or default.
    output
        "text" or "json".
    yes
        Do not ask.
    dry_run
        Do everything but send.
    passphrase_file
        File whose first line is the passphrase.
    """

    home: Home
    node: str | None = None
    chain_id: str | None = None
    trust: str | None = None
    witness: Sequence[str] = ()
    output: str = "text"
    yes: bool = False
    dry_run: bool = False
    passphrase_file: Path | None = None
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    @property
    def settings(self) -> Settings:
        """Settings of this home."""
        return Settings(self.home)

    # --- node ----------------------------------------------------------------

    def client(self) -> Client:
        """Return a client of the node that option, environment or setting names."""
        made = self.settings.all()
        # An empty option is no missing one: `--trust "$FORGOTTEN"` is refused, and does not trust the node.
        node = made.get("node", DEFAULT_NODE) if self.node is None else self.node
        chain_id = made.get("chain-id") if self.chain_id is None else self.chain_id
        trust = made.get("trust") if self.trust is None else self.trust
        rules = TrustRules(period=parse_period(made.get("trusting-period", DEFAULT_HOURS)))
        others = self._witnesses()
        return Client(node, chain_id, trust=trust, trust_home=self.home, rules=rules, witnesses=others)

    def run(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """Run work with a client, and close the client."""

        async def whole() -> T:
            async with self.client() as client:
                await client.chain_id()
                result = await work(client)
                self._note_trust(client)
                return result

        return asyncio.run(whole())

    def _note_trust(self, client: Client) -> None:
        """Say what proofs rest on: a header that is trusted, and the newest that follows from it."""
        if client.light is not None and client.light.newest is not None:
            newest, witnesses = client.light.newest, len(self._witnesses())
            several = f"; {witnesses} witnesses have the same"
            agreed = {0: "", 1: "; 1 witness has the same"}.get(witnesses, several)
            self.note(
                f"what is proven follows from the trusted header {client.light.trust.height}, by the header "
                f"{newest.height} of {time_in_words(newest.time)}{agreed}"
            )

    def _witnesses(self) -> Sequence[str]:
        return self.witness or (self.settings.get("witness") or "").split()

    # --- keys ----------------------------------------------------------------

    def keystore(self) -> Keystore:
        """Return this home's keys."""
        return self.home.keystore()

    def signer(self, name: str | None) -> Account:
        """Unlock the key that signs: the one named, the one set, or the only one."""
        chosen = name or self.settings.get("key") or self._only_key()
        self.keystore().info(chosen)  # a wrong name is said before a passphrase is asked for
        return self.keystore().unlock(chosen, self.passphrase(f"Passphrase of {chosen}"))

    def _only_key(self) -> str:
        names = [info.name for info in self.keystore().list()]
        if len(names) == 1:
            return names[0]
        if not names:
            raise KeystoreError("there is no key yet; make one with: assay keys add NAME")
        raise KeystoreError(f"there are several keys ({', '.join(names)}); name one with --from")

    def address(self, text: str) -> bytes:
        """Return the address of a key's name or of an address given as text."""
        try:
            return decode_address(self.keystore().info(text).address)
        except (KeyNotFound, BadName):
            pass
        try:
            return decode_address(text)
        except AddressError as error:
            if text.startswith(f"{ADDRESS_PREFIX}1"):  # meant as an address
                raise
            raise AddressError(
                f"{printable(text)!r} is neither a key of {self.home.path} nor an address, which begins with "
                f"{ADDRESS_PREFIX}1; `assay keys list` shows the keys"
            ) from error

    def passphrase(self, prompt: str, *, confirm: bool = False) -> str:
        """Return the passphrase from file, environment or prompt, in this order."""
        if self.passphrase_file is not None:
            return _first_line(self.passphrase_file)
        from_environment = os.environ.get(PASSPHRASE)
        if from_environment is not None:
            return from_environment
        if not sys.stdin.isatty():
            raise KeystoreError(
                f"nobody is there to type a passphrase; give it with --passphrase-file or {PASSPHRASE}"
            )
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))

    # --- printing ------------------------------------------------------------

    def emit(self, data: Any, text: RenderableType) -> None:
        """Print a result: `data` as JSON, or `text` for people."""
        if self.output == "json":
            click.echo(json.dumps(data))
        else:
            self.out.print(text)

    def note(self, text: str) -> None:
        """Tell people something that is not the result."""
        if self.output == "text":
            self.err.print(text, style="dim")

    def confirm(self, question: str) -> None:
        """Ask before something that cannot be taken back; ``--yes`` answers."""
        if self.yes or self.dry_run:
            return
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is there to confirm this; repeat the command with --yes")
        click.confirm(printable(question), abort=True, err=True)


def _console(*, stderr: bool) -> Console:
    """Return a console as wide as the terminal, and wide enough for an address where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _FILE_WIDTH
    return SafeConsole(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True, width=width)


def _first_line(path: Path) -> str:
    try:
        data = read_private(path, _MAX_PASSPHRASE_BYTES)
    except OSError as error:
        raise KeystoreError(f"cannot read the passphrase file {path}: {error.strerror}") from None
    except (UnsafeMode, ValueError) as error:
        raise KeystoreError(str(error)) from None
    return data.decode(errors="replace").split("\n", 1)[0].rstrip("\r")


pass_session = click.make_pass_decorator(Session)
