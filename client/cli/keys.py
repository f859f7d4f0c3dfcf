"""``assay keys``: accounts, each in an encrypted file."""

from __future__ import annotations

import sys
from typing import IO

import click

from assay.client.cli.parameters import key_names
from assay.client.cli.session import Session, pass_session
from assay.client.cli.tables import new_table
from assay.crypto.keystore import KeyInfo
from assay.crypto.mnemonics import PATH_TEXT, MnemonicError

_name = click.argument("name", shell_complete=key_names)


@click.group()
def keys() -> None:
    """Accounts: make, import, list, export, delete."""


@keys.command()
@click.argument("name")
@pass_session
def add(session: Session, name: str) -> None:
    """Make a new key and show its 24 words, once."""
    passphrase = session.passphrase(f"New passphrase of {name}", confirm=True)
    info, words = session.keystore().create(name, passphrase)
    session.note("Write these 24 words down and keep them where nobody else finds them. They are the key.")
    session.emit(_document(info) | {"mnemonic": words}, f"{info.address}\n\n{words}")


@keys.command("import")
@click.argument("name")
@click.option("--mnemonic-file", type=click.File("r"), help="File with the 24 words; - for standard input.")
@pass_session
def import_(session: Session, name: str, mnemonic_file: IO[str] | None) -> None:
    """Store the key of 24 words."""
    if mnemonic_file is not None:
        words = _words(mnemonic_file)
    elif sys.stdin.isatty():
        words = click.prompt("24 words", hide_input=True, err=True)
    else:
        raise click.UsageError("nobody is there to type the words; use --mnemonic-file")
    passphrase = session.passphrase(f"New passphrase of {name}", confirm=True)
    info = session.keystore().import_mnemonic(name, words, passphrase)
    session.emit(_document(info), info.address)


@keys.command("list")
@pass_session
def list_(session: Session) -> None:
    """Show names and addresses."""
    infos = session.keystore().list()
    table = new_table("name", "address", "public key")
    for info in infos:
        table.add_row(info.name, info.address, info.public_key.hex())
    session.emit([_document(info) for info in infos], table if infos else "there is no key yet")


@keys.command()
@_name
@pass_session
def show(session: Session, name: str) -> None:
    """Show one key's address."""
    info = session.keystore().info(name)
    session.emit(_document(info), info.address)


@keys.command()
@_name
@pass_session
def export(session: Session, name: str) -> None:
    """Show a key's 24 words."""
    session.keystore().info(name)
    words = session.keystore().export_mnemonic(name, session.passphrase(f"Passphrase of {name}"))
    session.note(f"BIP-39, English, no extra passphrase; derivation SLIP-0010 Ed25519, {PATH_TEXT}")
    session.emit({"name": name, "mnemonic": words, "path": PATH_TEXT}, words)


@keys.command()
@_name
@pass_session
def delete(session: Session, name: str) -> None:
    """Delete a key's file; without its words the key is gone."""
    info = session.keystore().info(name)
    session.confirm(f"Delete {name} ({info.address})? Without its 24 words what it holds is lost.")
    if not session.dry_run:
        session.keystore().remove(name)
    session.emit(_document(info) | {"deleted": not session.dry_run}, f"deleted {name}")


def _words(file: IO[str]) -> str:
    try:
        return file.read()
    except UnicodeDecodeError:
        raise MnemonicError(f"{file.name} is not a text file; it should hold 24 words") from None


def _document(info: KeyInfo) -> dict[str, str | bool]:
    return {"name": info.name, "address": info.address, "public_key": info.public_key.hex()}
