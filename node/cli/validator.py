"""`assayd show-validator` and `prove-key`: what an operator's account needs of this node's keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from assay.client.joining import ValidatorKeys
from assay.crypto.accounts import COMMITTEE_KEY_TAG, VALIDATOR_TAG, AddressError, decode_address
from assay.node import cometbft
from assay.node.committee.identity import load_committee_key, read_consensus_key, read_key_file
from assay.node.gentx import prove, validator_keys
from assay.node.home import Home, open_home


def operator_address(text: str) -> bytes:
    """Return the 20 bytes of an operator's address."""
    try:
        return decode_address(text)
    except AddressError as error:
        raise click.BadParameter(str(error)) from None


class Hex(click.ParamType[bytes]):
    """Bytes in hexadecimal, of one size."""

    name = "hex"

    def __init__(self, size: int) -> None:
        self._size = size

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """Return the bytes."""
        try:
            data = bytes.fromhex(value)
        except ValueError:
            data = b""
        if len(data) != self._size:
            self.fail(f"{value!r} is not {self._size} bytes in hexadecimal", param, ctx)
        return data


@click.command("show-validator")
@click.argument("operator", required=False)
@click.option("--consensus-key", type=Hex(32), help="Public key of a remote signer, as prove-key prints it.")
@click.option("--consensus-proof", type=Hex(64), help="Its proof, as prove-key prints it.")
@click.pass_obj
def show_validator(
    home: Path, operator: str | None, consensus_key: bytes | None, consensus_proof: bytes | None
) -> None:
    """Print this node's public keys; for an OPERATOR's address, with the proofs that they are its.

    `assay stake create-validator` and `assayd gentx` read that. Where a remote signer holds the consensus
    key, `assayd prove-key` makes its proof.
    """
    opened = open_home(home)
    if (consensus_key is None) != (consensus_proof is None):
        raise click.UsageError("--consensus-key and --consensus-proof belong together")
    if operator is None:
        click.echo(json.dumps(_public_keys(opened), indent=2))
        return
    address = operator_address(operator)
    if consensus_key is not None and consensus_proof is not None:
        keys = remote_keys(opened, address, consensus_key, consensus_proof)
    else:
        keys = own_keys(opened, address)
    click.echo(json.dumps(keys.document(), indent=2))


def own_keys(home: Home, operator: bytes) -> ValidatorKeys:
    """Return the keys in a home, and the proofs that they are an operator's (20 bytes)."""
    chain_id = home.genesis()["chain_id"]
    return validator_keys(read_consensus_key(home.path), load_committee_key(home.path), chain_id, operator)


def remote_keys(home: Home, operator: bytes, public_key: bytes, proof: bytes) -> ValidatorKeys:
    """Return the committee key of a home beside a consensus key that lives elsewhere."""
    chain_id, committee_key = home.genesis()["chain_id"], load_committee_key(home.path)
    own = prove(committee_key, COMMITTEE_KEY_TAG, chain_id, operator)
    keys = ValidatorKeys(chain_id, operator, public_key, proof, committee_key.public_key, own)
    keys.check(chain_id, operator)
    return keys


def _public_keys(home: Home) -> dict[str, str]:
    program = cometbft.find_binary(home.settings().cometbft.binary)
    return {
        "chain_id": home.genesis()["chain_id"],
        "public_key": cometbft.validator_key(program, home.path).hex(),
        "committee_key": load_committee_key(home.path).public_key.hex(),
    }


@click.command("prove-key")
@click.argument("key_file", type=click.Path(path_type=Path))
@click.argument("operator")
@click.option("--chain-id", required=True, help="The chain for which the proof is made.")
def prove_key(key_file: Path, operator: str, chain_id: str) -> None:
    """Prove that the consensus key in KEY_FILE is an OPERATOR's, where the key lives.

    KEY_FILE has the form of CometBFT's priv_validator_key.json. Hand the result to `assayd show-validator`.
    """
    key = read_key_file(key_file)
    proof = prove(key, VALIDATOR_TAG, chain_id, operator_address(operator))
    click.echo(f"--consensus-key {key.public_key.hex()} --consensus-proof {proof.hex()}")
