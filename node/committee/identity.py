"""Who this node is: the validator's address, and the committee key that signs its messages."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any, Final

from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.crypto.files import UnsafeMode, ensure_private_dir, read_private, write_private

DIRECTORY: Final = "committee"
"""Directory of a home that holds everything of the committee; only the node's user may enter it."""
KEY_FILE: Final = "committee_key.json"
VALIDATOR_FILE: Final = Path("config", "priv_validator_key.json")
_MAX_BYTES: Final = 1 << 16


class IdentityError(Exception):
    """A file that says who this node is, is missing or is not what it should be; the text says what to do."""


def create_committee_key(home: Path) -> Account:
    """Draw a committee key and write it to its file of mode 0600.

    Parameters
    ----------
    home
        Home of the node.

    Raises
    ------
    FileExistsError
        If there is one: it may be registered with the chain and is never replaced silently.
    """
    key = accounts.generate()
    record = {"public_key": key.public_key.hex(), "seed": key.seed.hex()}
    ensure_private_dir(home / DIRECTORY)
    write_private(_key_path(home), (json.dumps(record, indent=2) + "\n").encode(), replace=False)
    return key


def load_committee_key(home: Path) -> Account:
    """Read the committee key of a home.

    Raises
    ------
    IdentityError
        If there is none, others may read it, or it is damaged.
    """
    path = _key_path(home)
    try:
        record = json.loads(read_private(path, _MAX_BYTES))
        key = accounts.from_seed(bytes.fromhex(record["seed"]))
        if key.public_key.hex() != record["public_key"]:
            raise ValueError("the public key is not the seed's")
    except FileNotFoundError:
        raise IdentityError(f"there is no committee key at {path}: restore it from a copy") from None
    except UnsafeMode as error:
        raise IdentityError(str(error)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise IdentityError(f"{path} is damaged ({error}); restore it from a copy") from None
    return key


def read_consensus_key(home: Path) -> Account:
    """Read the key that signs blocks from CometBFT's validator file, to prove whose it is.

    A running node never does: its blocks are signed by CometBFT, or by a remote signer.

    Raises
    ------
    IdentityError
        As `read_key_file`.
    """
    return read_key_file(home / VALIDATOR_FILE)


def read_key_file(path: Path) -> Account:
    """Read a consensus key from a file in CometBFT's form.

    Raises
    ------
    IdentityError
        If it is not there, others may read it, or the file is damaged.
    """
    try:
        record = json.loads(read_private(path, _MAX_BYTES))
        secret = base64.b64decode(record["priv_key"]["value"], validate=True)
        key = accounts.from_seed(secret[: accounts.SEED_BYTES])
        if secret[accounts.SEED_BYTES :] != key.public_key:
            raise ValueError("its private key is of another kind")
    except FileNotFoundError:
        raise IdentityError(
            f"there is no validator key at {path}; where a remote signer has it, run assayd prove-key there"
        ) from None
    except UnsafeMode as error:
        raise IdentityError(str(error)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise IdentityError(f"{path} holds no Ed25519 key of CometBFT's ({error})") from None
    return key


def read_validator_address(home: Path, configured: str = "") -> bytes:
    """Return the consensus address: as configured, or from the public part of CometBFT's validator file.

    The private key that stands beside it is not kept.

    Parameters
    ----------
    home
        Home of the node.
    configured
        ``[validator] address`` of assayd.toml, where a remote signer holds the key; else empty.

    Returns
    -------
    bytes
        20 bytes.

    Raises
    ------
    IdentityError
        If the address is none, the file is missing, or address and public key do not belong together.
    """
    if configured:
        return _parse_address(configured)
    path = home / VALIDATOR_FILE
    try:
        record = json.loads(path.read_bytes()[:_MAX_BYTES], object_pairs_hook=_public_part)
        address = bytes.fromhex(record["address"])
        public_key = base64.b64decode(record["pub_key"]["value"], validate=True)
    except OSError as error:
        raise IdentityError(
            f"cannot read {path}: {error.strerror}; set [validator] address in assayd.toml, or run: "
            "assayd init"
        ) from None
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise IdentityError(f"{path} is not a validator file of CometBFT") from None
    if accounts.address_of(public_key) != address:
        raise IdentityError(f"the address in {path} is not that of its public key")
    return address


def _parse_address(text: str) -> bytes:
    try:
        address = bytes.fromhex(text)
    except ValueError:
        address = b""
    if len(address) != accounts.ADDRESS_BYTES:
        raise IdentityError(
            f"[validator] address in assayd.toml is {text!r}, and a consensus address has 40 hexadecimal "
            "digits"
        )
    return address


def _public_part(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name != "priv_key"}


def _key_path(home: Path) -> Path:
    return home / DIRECTORY / KEY_FILE
