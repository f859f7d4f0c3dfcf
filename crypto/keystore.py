"""Account keys on disk, each in a file encrypted with a passphrase.

A file is JSON: name, address and public key in clear, so that keys can be
listed without a passphrase, and the secret in a secretbox (XSalsa20-Poly1305)
under a key made from the passphrase with Argon2id. The secret is mnemonic
entropy or a bare seed. Files have mode 0600 in a directory of mode 0700; a
file that others may read is refused.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nacl.exceptions
import nacl.pwhash.argon2id
import nacl.secret

from assay.crypto import accounts, mnemonics
from assay.crypto.files import UnsafeMode, ensure_private_dir, read_private, write_private

VERSION: Final = 1
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SUFFIX: Final = ".key.json"
_MAX_FILE_BYTES: Final = 4096
# What a file may ask of this machine before its passphrase is known to be right.
_MAX_OPS: Final = 16
_MAX_MEMORY: Final = 1 << 30

_KIND_SEED: Final = 0
_KIND_MNEMONIC: Final = 1


class KeystoreError(Exception):
    """A key could not be stored or read; the message says why and what to do."""


class KeyExists(KeystoreError):
    """A key of this name is there already."""


class KeyNotFound(KeystoreError):
    """No key has this name."""


class WrongPassphrase(KeystoreError):
    """The passphrase does not open the file, or the file was altered."""


class BadKeyFile(KeystoreError):
    """The file is not a key file, or others may read it."""


class BadName(KeystoreError):
    """A name is not made of 1 to 32 of a-z, 0-9, '-' and '_', the first a letter or digit."""


@dataclass(frozen=True)
class Cost:
    """Work of one Argon2id hash: `ops` passes over `memory` bytes.

    The default is the second choice of RFC 9106: 3 passes over 64 MiB.
    """

    ops: int = 3
    memory: int = 64 << 20


@dataclass(frozen=True)
class KeyInfo:
    """What a key file says in clear."""

    name: str
    address: str
    public_key: bytes


class Keystore:
    """A directory of encrypted keys.

    Parameters
    ----------
    directory
        Made with mode 0700 when the first key is stored.
    cost
        Argon2id work for files written from now on; a file keeps its own.
    """

    def __init__(self, directory: Path, cost: Cost | None = None) -> None:
        self.directory = directory
        self._cost = cost or Cost()

    def list(self) -> list[KeyInfo]:
        """Return every key's public part, by name."""
        paths = sorted(self.directory.glob("*" + _SUFFIX)) if self.directory.is_dir() else []
        return [_info(self._read(path.name.removesuffix(_SUFFIX))) for path in paths]

    def info(self, name: str) -> KeyInfo:
        """Return one key's public part."""
        return _info(self._read(name))

    def create(self, name: str, passphrase: str) -> tuple[KeyInfo, str]:
        """Make a new key and return its public part and its 24 words."""
        entropy = secrets.token_bytes(mnemonics.ENTROPY_BYTES)
        info = self._store(name, passphrase, _KIND_MNEMONIC, entropy)
        return info, mnemonics.from_entropy(entropy)

    def import_mnemonic(self, name: str, words: str, passphrase: str) -> KeyInfo:
        """Store the key of a 24-word mnemonic."""
        return self._store(name, passphrase, _KIND_MNEMONIC, mnemonics.to_entropy(words))

    def import_seed(self, name: str, seed: bytes, passphrase: str) -> KeyInfo:
        """Store a bare 32-byte Ed25519 seed."""
        return self._store(name, passphrase, _KIND_SEED, accounts.from_seed(seed).seed)

    def unlock(self, name: str, passphrase: str) -> accounts.Account:
        """Return the key pair.

        Raises
        ------
        WrongPassphrase
            If the passphrase does not open the file.
        """
        document = self._read(name)
        account = _account(*_open(document, passphrase))
        if account.public_key.hex() != document["public_key"]:
            raise BadKeyFile(f"the secret in {self._path(name)} is not that of the address it names")
        return account

    def export_mnemonic(self, name: str, passphrase: str) -> str:
        """Return the 24 words of a key; a key imported as a bare seed has none."""
        kind, secret = _open(self._read(name), passphrase)
        if kind != _KIND_MNEMONIC:
            raise KeystoreError(f"the key {name!r} was imported as a bare seed and has no mnemonic")
        return mnemonics.from_entropy(secret)

    def remove(self, name: str) -> None:
        """Delete a key's file. Without its words the key is gone."""
        self._read(name)
        self._path(name).unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadName(
                f"{name!r} is not a key name: use 1 to 32 of a-z, 0-9, '-' and '_', "
                "beginning with a letter or digit"
            )
        return self.directory / (name + _SUFFIX)

    def _store(self, name: str, passphrase: str, kind: int, secret: bytes) -> KeyInfo:
        path = self._path(name)
        if not passphrase:
            raise KeystoreError("an empty passphrase would leave the key unprotected; choose one")
        account = _account(kind, secret)
        document = _seal(passphrase, bytes((kind,)) + secret, self._cost)
        document |= {"name": name, "address": account.address_text, "public_key": account.public_key.hex()}
        ensure_private_dir(self.directory)
        try:
            write_private(path, json.dumps(document, indent=2).encode() + b"\n", replace=False)
        except FileExistsError:
            raise KeyExists(f"there is a key named {name!r} already; choose another name") from None
        return _info(document)

    def _read(self, name: str) -> dict[str, Any]:
        path = self._path(name)
        try:
            data = read_private(path, _MAX_FILE_BYTES)
        except FileNotFoundError:
            raise KeyNotFound(
                f"there is no key named {name!r} in {self.directory}; `assay keys list` shows the keys"
            ) from None
        except (UnsafeMode, ValueError) as error:
            raise BadKeyFile(str(error)) from None
        return _checked(path, data)


def _account(kind: int, secret: bytes) -> accounts.Account:
    return mnemonics.account_of(secret) if kind == _KIND_MNEMONIC else accounts.from_seed(secret)


def _info(document: dict[str, Any]) -> KeyInfo:
    return KeyInfo(document["name"], document["address"], bytes.fromhex(document["public_key"]))


def _derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    size = nacl.secret.SecretBox.KEY_SIZE
    return nacl.pwhash.argon2id.kdf(size, passphrase.encode(), salt, cost.ops, cost.memory)


def _seal(passphrase: str, secret: bytes, cost: Cost) -> dict[str, Any]:
    salt = os.urandom(nacl.pwhash.argon2id.SALTBYTES)
    box = nacl.secret.SecretBox(_derive(passphrase, salt, cost)).encrypt(secret)
    return {
        "version": VERSION,
        "kdf": {"name": "argon2id", "ops": cost.ops, "memory": cost.memory, "salt": salt.hex()},
        "cipher": "xsalsa20-poly1305",
        "box": box.hex(),
    }


def _open(document: dict[str, Any], passphrase: str) -> tuple[int, bytes]:
    kdf = document["kdf"]
    key = _derive(passphrase, bytes.fromhex(kdf["salt"]), Cost(kdf["ops"], kdf["memory"]))
    try:
        secret = nacl.secret.SecretBox(key).decrypt(bytes.fromhex(document["box"]))
    except nacl.exceptions.CryptoError:
        raise WrongPassphrase(f"the passphrase does not open the key {document['name']!r}") from None
    return secret[0], secret[1:]


def _checked(path: Path, data: bytes) -> dict[str, Any]:
    """Return the document of a key file, or refuse it before anything costly is done with it."""
    try:
        document = json.loads(data)
        good = _well_formed(document, path.name)
    except (ValueError, KeyError, TypeError):
        document, good = None, False
    if not good:
        raise BadKeyFile(f"{path} is not a key file of version {VERSION}; restore it, or import its mnemonic")
    return dict(document)


def _well_formed(document: Any, file_name: str) -> bool:
    kdf = document["kdf"]
    return bool(
        document["version"] == VERSION
        and kdf["name"] == "argon2id"
        and 1 <= kdf["ops"] <= _MAX_OPS
        and nacl.pwhash.argon2id.MEMLIMIT_MIN <= kdf["memory"] <= _MAX_MEMORY
        and len(bytes.fromhex(kdf["salt"])) == nacl.pwhash.argon2id.SALTBYTES
        and len(bytes.fromhex(document["box"])) == 24 + 16 + 33
        and document["name"] + _SUFFIX == file_name
        and accounts.decode_address(document["address"])
        == accounts.address_of(bytes.fromhex(document["public_key"]))
    )
