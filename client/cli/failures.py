"""From what went wrong to a sentence and an exit code."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

import click

from assay.client.amounts import AmountError
from assay.client.cli.terminal import printable
from assay.client.errors import BadNodeAddress, ClientError, NodeUnreachable, ProofInvalid, Refused
from assay.client.home import HomeError
from assay.client.joining import BadValidatorKeys
from assay.client.light.errors import BadTrust
from assay.client.train.errors import TrainingError
from assay.crypto.accounts import AddressError
from assay.crypto.errors import CryptoError
from assay.crypto.keystore import KeystoreError
from assay.crypto.mnemonics import MnemonicError

REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
PROOF: Final = 4
KEYS: Final = 5
DATA: Final = 6
FILES: Final = 7

EXIT_CODES: Final = {
    0: "done",
    REFUSED: "the chain refused, or the state of things does not allow it",
    USAGE: "the command was not understood, or an argument is not what it should be",
    UNREACHABLE: "the node does not answer",
    PROOF: "the node's answer does not follow from the chain's headers",
    KEYS: "a key, its passphrase or its words",
    DATA: "training data, or training itself",
    FILES: "a file that cannot be read or written",
    130: "interrupted",
}

_KINDS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (BadNodeAddress, USAGE),
    (BadTrust, USAGE),
    (NodeUnreachable, UNREACHABLE),
    (ProofInvalid, PROOF),
    (BadValidatorKeys, FILES),
    (HomeError, FILES),
    (ClientError, REFUSED),
    (KeystoreError, KEYS),
    (MnemonicError, KEYS),
    (TrainingError, DATA),
    (CryptoError, DATA),
    (AddressError, USAGE),
    (AmountError, USAGE),
    (OSError, FILES),
)

EXPECTED: Final = tuple(kind for kind, _ in _KINDS)
"""Exceptions whose message is meant for people; any other is a bug and shows its traceback."""


def exit_code(error: Exception) -> int:
    """Return the exit code of an expected exception."""
    return next(code for kind, code in _KINDS if isinstance(error, kind))


def fail(error: Exception, output: str) -> NoReturn:
    """Print an expected exception to stderr and end with its exit code."""
    code = exit_code(error)
    if output == "json":
        click.echo(json.dumps({"error": _document(error), "exit_code": code}), err=True)
    else:
        click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(printable(sentence(error)), err=True)
    raise SystemExit(code)


def fail_usage(error: click.ClickException) -> NoReturn:
    """Print what click found wrong with the command line as JSON, and end with click's exit code."""
    document = {"kind": type(error).__name__, "message": error.format_message()}
    click.echo(json.dumps({"error": document, "exit_code": error.exit_code}), err=True)
    raise SystemExit(error.exit_code)


def sentence(error: Exception) -> str:
    """Return what an expected exception says to people."""
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        return f"cannot use the file{where}: {error.strerror or error}; check the path and who may use it"
    return str(error)


def _document(error: Exception) -> dict[str, Any]:
    document: dict[str, Any] = {"kind": type(error).__name__, "message": sentence(error)}
    if isinstance(error, Refused):
        document |= {"codespace": error.codespace, "code": error.code}
        if error.reason is not None:
            document["reason"] = error.reason.__name__
    return document
