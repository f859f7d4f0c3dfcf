"""The chain as this node has it: height, and what the chain knows of this validator."""

from __future__ import annotations

from collections.abc import Iterator

from assay.node import cometbft
from assay.node.committee.identity import IdentityError, load_committee_key, read_validator_address
from assay.node.doctor.findings import Finding, good, note, wrong
from assay.node.home import Home
from assay.node.store_copy import readable_store
from assay.proto.state_pb2 import Suspension
from assay.state.faults import word
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.store import Corrupt, StoreError
from assay.state.validators import records as validators


def store(home: Home) -> Iterator[Finding]:
    """Open the store, or a copy of a running node's, and look up this validator."""
    signed = cometbft.signed_height(home.path)
    try:
        with readable_store(home.store) as opened:
            yield from _height(opened.version, signed)
            if opened.version:
                yield from _validator(home, Overlay(opened))
    except Corrupt as error:
        yield wrong("store", str(error), "restore a backup, or `assayd reset` and let peers send the blocks")
    except StoreError as error:
        if signed:
            yield wrong("store", str(error), "restore a backup, or start: the blocks are executed again")
        else:
            yield good("store", "empty: this node has not run yet")


def _height(height: int, signed: int) -> Iterator[Finding]:
    if signed > height + 1:
        yield note(
            "store",
            f"at height {height}, though this validator has signed at {signed}",
            "start the node: it executes the blocks in between again; look after the disk",
        )
    else:
        yield good("store", f"opens, at height {height}")


def _validator(home: Home, view: Overlay) -> Iterator[Finding]:
    try:
        address = read_validator_address(home.path, home.settings().validator.address)
        key = load_committee_key(home.path).public_key
    except IdentityError:
        return  # said already
    record = validators.by_consensus_address(view, address)
    if record is None:
        yield good("committee", "the chain has no validator with this node's consensus key")
    elif record.committee_key != key:
        yield wrong(
            "committee",
            f"the chain expects committee key {record.committee_key.hex()}, this home holds {key.hex()}",
            "restore committee/committee_key.json from your backup: its messages are refused",
        )
    else:
        yield good("committee", "the chain knows this node's committee key")
    if record is not None and record.jailed:
        yield wrong(
            "validator", "jailed: it is not in the validator set", "`assay stake unjail` when it is time"
        )
    suspension = view.load(Suspension, keys.suspension(address))
    if suspension is not None:
        yield _suspended(suspension)


def _suspended(suspension: Suspension) -> Finding:
    what = f"suspended since height {suspension.since} ({word(suspension.kind)}, key {suspension.key_id})"
    return note("committee", what, f"keep the node running: it may come back from height {suspension.until}")
