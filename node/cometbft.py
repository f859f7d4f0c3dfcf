"""The CometBFT program: where it is, which one it is, and what it is asked to do."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

BINARY_VARIABLE: Final = "ASSAY_COMETBFT"
"""Environment variable that names the program."""

# v0.40.0 calls itself 0.39.0. Versions 1.x were retracted by their makers.
_KNOWN_VERSION = re.compile(r"0\.(38|39|40)\.\d+")
_COMMAND_SECONDS = 60
_ROLLED_BACK = re.compile(r"height (\d+) and hash ([0-9A-Fa-f]*)")


class CometBFTError(Exception):
    """CometBFT is missing, is of another version, or refused a command."""


class Signed(NamedTuple):
    """What a validator signed last; it signs nothing that comes before."""

    height: int
    round: int
    step: int


def find_binary(configured: str = "", environment: Mapping[str, str] | None = None) -> Path:
    """Find the program.

    Parameters
    ----------
    configured
        The path from ``assayd.toml``; empty to search: the environment
        variable `BINARY_VARIABLE`, ``out/bin/cometbft`` of the checkout this
        module lies in, the search path.
    environment
        Defaults to this process's.

    Raises
    ------
    CometBFTError
        If there is none.
    """
    environment = os.environ if environment is None else environment
    named = configured or environment.get(BINARY_VARIABLE, "")
    built = Path(__file__).resolve().parent.parent / "out" / "bin" / "cometbft"
    candidate = named or (str(built) if built.exists() else "cometbft")
    found = shutil.which(candidate, path=environment.get("PATH"))
    if found is None:
        where = (
            f"{named} is not an executable file"
            if named
            else "there is none in out/bin nor on the search path"
        )
        raise CometBFTError(
            f"CometBFT is missing: {where}. Build it with `make setup`, or name it in assayd.toml "
            f"([cometbft] binary) or in {BINARY_VARIABLE}."
        )
    return Path(found).absolute()


def version(binary: Path) -> str:
    """Return the version the program reports.

    Raises
    ------
    CometBFTError
        If it is not one this application is made for.
    """
    reported = _run(binary, "version").strip()
    if not _KNOWN_VERSION.fullmatch(reported):
        raise CometBFTError(
            f"{binary} is CometBFT {reported[:40]!r}; this node needs v0.38 or v0.40 (which says 0.39.0)"
        )
    return reported


def init(binary: Path, home: Path) -> None:
    """Let CometBFT write its configuration and keys into a home; files that exist are kept."""
    _run(binary, "init", "--home", str(home))


def signed_file(home: Path) -> Path:
    """Return the file that says what this home's validator has signed last."""
    return home / "data" / "priv_validator_state.json"


def forget_signed(home: Path) -> None:
    """Let this home's validator sign from the first height on."""
    write_signed(home, 0)


def write_signed(home: Path, height: int) -> None:
    """Let this home's validator sign from the height after a given one on."""
    record = {"height": str(height), "round": 0, "step": 3 if height else 0}
    signed_file(home).write_text(json.dumps(record) + "\n", encoding="utf-8")


def signed_height(home: Path) -> int:
    """Return the last height at which this home's validator signed; 0 if there is no saying."""
    try:
        return read_signed(signed_file(home)).height
    except CometBFTError:
        return 0


def read_signed(path: Path) -> Signed:
    """Return what a record of what was signed names as the last.

    Raises
    ------
    CometBFTError
        If it is no such record.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return Signed(*(int(record[name]) for name in Signed._fields))
    except (OSError, KeyError, TypeError, ValueError):
        raise CometBFTError(
            f"{path} is not a record of what a validator has signed: put its latest copy there, or, without "
            "one, go by docs/recovery.md"
        ) from None


def validator_key(binary: Path, home: Path) -> bytes:
    """Return the Ed25519 public key this home signs blocks with (32 bytes)."""
    text = _run(binary, "show-validator", "--home", str(home))
    try:
        key = json.loads(text)
        raw = base64.b64decode(key["value"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise CometBFTError(f"{binary} show-validator printed {text[:80]!r} instead of a key") from None
    if key.get("type") != "tendermint/PubKeyEd25519" or len(raw) != 32:
        raise CometBFTError(
            f"the validator key in {home} is of type {key.get('type')!r}; Assay needs Ed25519"
        )
    return raw


def node_id(binary: Path, home: Path) -> str:
    """Return the id by which other nodes dial this one (40 hexadecimal digits)."""
    return _run(binary, "show-node-id", "--home", str(home)).strip()


def compact(binary: Path, home: Path) -> None:
    """Have CometBFT compact its blocks and state; the node must be stopped."""
    _run(binary, "experimental-compact-goleveldb", "--home", str(home), seconds=None)


def rollback(binary: Path, home: Path, *, hard: bool) -> tuple[int, bytes]:
    """Take CometBFT's state back by one height; return the height it stands at now, and the app hash there.

    Parameters
    ----------
    hard
        Whether to remove the block too.

    Raises
    ------
    CometBFTError
        If CometBFT refuses.
    """
    text = _run(binary, "rollback", "--home", str(home), *(("--hard",) if hard else ()))
    found = _ROLLED_BACK.search(text)
    if found is None:
        raise CometBFTError(f"{binary} rollback printed {text[:80]!r} instead of a height")
    return int(found[1]), bytes.fromhex(found[2])


def start_command(binary: Path, home: Path, abci_address: str) -> list[str]:
    """Return the command line that runs the node against an application at an address."""
    return [str(binary), "start", "--home", str(home), "--proxy_app", abci_address]


def _run(binary: Path, *arguments: str, seconds: float | None = _COMMAND_SECONDS) -> str:
    """Run a command that ends by itself, within some time unless that is None; return what it printed."""
    try:
        done = subprocess.run(
            [binary, *arguments], capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CometBFTError(f"cannot run {binary} {arguments[0]}: {error}") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"]
        raise CometBFTError(f"{binary} {arguments[0]} failed with code {done.returncode}: {lines[-1]}")
    return done.stdout
