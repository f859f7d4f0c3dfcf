"""The home: modes, settings, genesis, keys."""

from __future__ import annotations

from collections.abc import Iterator

from assay.node import chainstate, gathering
from assay.node.cometbft import CometBFTError, read_signed, signed_file
from assay.node.committee.identity import IdentityError, load_committee_key, read_validator_address
from assay.node.doctor.findings import Finding, good, note, wrong
from assay.node.home import Home
from assay.node.modes import mode_faults
from assay.node.ports import is_private
from assay.state.genesis import BadGenesis


def modes(home: Home) -> Iterator[Finding]:
    """Look at who else may read keys and change settings."""
    faults = list(mode_faults(home))
    for fault in faults:
        what, _, command = fault.partition(": ")
        yield wrong("file modes", what, command)
    if not faults:
        yield good("file modes", "nobody else may read the keys or change the settings")


def genesis(home: Home) -> Iterator[Finding]:
    """Check the genesis file as the chain does, and name its digest for a comparison with others'."""
    document = home.genesis()
    try:
        _, validators = chainstate.first_state(document)
    except BadGenesis as error:
        what = f"the chain would refuse {home.genesis_file}: {error}".rstrip(".")
        yield wrong("genesis", what, "take the chain's own file")
        return
    what = f"chain {document['chain_id']} of {len(validators)} validators in genesis"
    yield good("genesis", f"{what}; its digest is {gathering.digest(document)}, and must be on all nodes")


def identity(home: Home) -> Iterator[Finding]:
    """Read the keys a node is known by."""
    try:
        address = read_validator_address(home.path, home.settings().validator.address)
        key = load_committee_key(home.path).public_key
    except IdentityError as error:
        yield wrong("identity", str(error), "restore the file from your backup of config/ and committee/")
        return
    yield good("identity", f"validator {address.hex().upper()}, committee key {key.hex()}")


def signed(home: Home) -> Iterator[Finding]:
    """Read the record of what the validator has signed, unless a remote signer keeps it."""
    if home.config().get("priv_validator_laddr"):
        return
    try:
        height = read_signed(signed_file(home.path))
    except CometBFTError as error:
        what, _, remedy = str(error).partition(": ")
        yield wrong("signed", what, remedy)
    else:
        yield good("signed", f"up to height {height}, says this validator's record")


def exposure(home: Home) -> Iterator[Finding]:
    """Look at what listens beyond this machine, and at RPC settings that give strangers power."""
    rpc = home.config().get("rpc", {})
    if rpc.get("unsafe"):
        yield wrong(
            "rpc.unsafe",
            "whoever reaches the RPC may dial peers and flush the mempool",
            "set unsafe = false in config.toml",
        )
    if rpc.get("pprof_laddr"):
        yield note("rpc.pprof_laddr", f"profiles are served at {rpc['pprof_laddr']}", "empty it when done")
    if "*" in rpc.get("cors_allowed_origins", []):
        yield note(
            "rpc.cors_allowed_origins",
            "any web page may call the RPC",
            "name the origins; see docs/hardening.md",
        )
    for name, address, advice in _listeners(home):
        if address and not is_private(address):
            yield note(name, f"listens at {address}, beyond this machine", advice)


def _listeners(home: Home) -> Iterator[tuple[str, str, str]]:
    config = home.config()
    shield = "put a proxy with limits before it, see docs/hardening.md"
    yield "rpc.laddr", config.get("rpc", {}).get("laddr", ""), shield
    yield "rpc.grpc_laddr", config.get("rpc", {}).get("grpc_laddr", ""), shield
    yield "metrics.address", home.settings().metrics.address, "let only your Prometheus reach it"
    if config.get("instrumentation", {}).get("prometheus"):
        address = config["instrumentation"].get("prometheus_listen_addr", "")
        yield "instrumentation.prometheus_listen_addr", address, "let only your Prometheus reach it"
    signer = config.get("priv_validator_laddr", "")
    yield "priv_validator_laddr", signer, "let only the signer reach it, over a private network"
