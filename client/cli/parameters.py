"""Kinds of arguments, and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from assay.client.amounts import AmountError, parse_amount
from assay.client.cli.terminal import printable
from assay.client.home import Home, default_home
from assay.client.rates import RateError, parse_rate


def amount(text: str | int) -> int:
    """Return uasy of ``2.5asy``, ``2500000uasy`` or ``2500000``."""
    if isinstance(text, int):
        return text
    try:
        return parse_amount(text)
    except AmountError as error:
        raise click.BadParameter(str(error)) from None


def rate(text: str | int) -> int:
    """Return the basis points of ``5%``."""
    if isinstance(text, int):
        return text
    try:
        return parse_rate(text)
    except RateError as error:
        raise click.BadParameter(str(error)) from None


def hex32(text: str | bytes) -> bytes:
    """Return 32 bytes given as hexadecimal."""
    if isinstance(text, bytes):
        return text
    try:
        data = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        data = b""
    if len(data) != 32:
        raise click.BadParameter(f"{text!r} is not 32 bytes in hexadecimal (64 digits)")
    return data


def text(value: str) -> str:
    """Return a text that everybody's terminal can show, as it is."""
    if printable(value) != value:
        raise click.BadParameter(f"{value!r} has control characters, or is not UTF-8; leave them out")
    return value


def key_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of this home's keys, for the shell to complete."""
    home = ctx.find_root().params.get("home") or default_home(os.environ)
    names = [info.name for info in Home(home).keystore().list()]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


IDENT: Final = click.IntRange(1, (1 << 63) - 1)
"""Id of a round or of a committee key."""
HEIGHT: Final = click.IntRange(0, (1 << 63) - 1)
"""Height of a block; 0 is the latest."""
COUNT: Final = click.IntRange(1, (1 << 31) - 1)
"""A number of contributors or of blocks."""
CSV_FILE: Final = click.Path(path_type=Path, dir_okay=False)

from_option = click.option("--from", "key", shell_complete=key_names, help="Key that signs and pays.")
memo_option = click.option(
    "--memo", type=text, default="", help="Text kept with the transaction, at most 256 bytes."
)
