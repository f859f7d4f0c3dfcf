"""Joining a chain by the state of a recent height: what CometBFT must be told, checked before it is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assay.client.rpc import Rpc, base_url, understood
from assay.node.home import Home, HomeError
from assay.node.tomlfile import UnknownSettingError, set_values
from assay.proto.state_pb2 import Params
from assay.state.genesis.fields import as_message
from assay.state.rules.params import validate_params
from assay.state.store import Store

LEAST_SERVERS: Final = 2
"""CometBFT compares what one server says with what another does."""

LONGEST_TRUST: Final = 7 * 86_400
_YEAR: Final = 31_557_600

_TRUST: Final = re.compile(r"([1-9][0-9]{0,18}):([0-9A-Fa-f]{64})")


@dataclass(frozen=True)
class TrustedBlock:
    """A block that somebody vouches for.

    Attributes
    ----------
    height
        Its height, from 1.
    hash
        Its hash, 64 hexadecimal digits in capitals.
    """

    height: int
    hash: str

    def __str__(self) -> str:
        return f"{self.height}:{self.hash}"


def parse_trust(text: str) -> TrustedBlock:
    """Read ``HEIGHT:HASH``; `ValueError` if it is anything else."""
    found = _TRUST.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a block; write HEIGHT:HASH, the hash as 64 hexadecimal digits")
    return TrustedBlock(int(found[1]), found[2].upper())


def check_new(home: Home) -> None:
    """Refuse a home whose node has a state already.

    Raises
    ------
    HomeError
        With what to do.
    """
    if home.is_running():
        raise HomeError(f"a node is running in {home.path}: stop it first")
    if not (home.store / "CURRENT").exists():
        return
    with Store.open(home.store) as store:
        if not store.is_fresh:
            raise HomeError(
                f"the node in {home.path} has a state of its own, of height {store.version}: it gets "
                "missing blocks by itself. To take the state from peers even so, run `assayd reset` first"
            )


async def block_of(servers: Sequence[str], chain_id: str, height: int = 0) -> TrustedBlock:
    """Return a block as all servers have it.

    Parameters
    ----------
    servers
        Addresses of nodes' RPC.
    chain_id
        The chain they must be of.
    height
        The block's height; 0 for the last one that the first server has, less one.

    Raises
    ------
    HomeError
        If they contradict one another, or are of another chain.
    ClientError
        If one does not answer as it should.
    """
    blocks: dict[str, TrustedBlock] = {}
    for server in servers:
        rpc = Rpc(server)
        try:
            height = height or max(1, await _last_height(rpc) - 1)
            blocks[server] = await _block(rpc, chain_id, height)
        finally:
            await rpc.close()
    if len(set(blocks.values())) > 1:
        said = ", ".join(f"{server} has {block.hash}" for server, block in blocks.items())
        raise HomeError(
            f"the servers disagree about block {height}: {said}. One of them is not to be trusted"
        )
    return blocks[servers[0]]


async def _last_height(rpc: Rpc) -> int:
    status = await rpc.call("status")
    with understood("status"):
        return int(status["sync_info"]["latest_block_height"])


async def _block(rpc: Rpc, chain_id: str, height: int) -> TrustedBlock:
    answer = await rpc.call("commit", height=str(height))
    with understood("commit"):
        found = answer["signed_header"]["header"]["chain_id"]
        block_hash = answer["signed_header"]["commit"]["block_id"]["hash"]
    if found != chain_id:
        raise HomeError(f"the node at {rpc.url} is of chain {found!r}, this home of {chain_id!r}")
    with understood("commit"):
        return parse_trust(f"{height}:{block_hash}")


def trust_period(params: Params) -> int:
    """Return for how many seconds a block is trusted: two thirds of what stake stays bound for, or a week.

    So whoever signs a false header for a newcomer can still be slashed. How long a block takes follows from
    `blocks_per_year`. On a development chain, where nothing is worth the trust, it is a week.
    """
    if params.development:
        return LONGEST_TRUST
    bound = _YEAR * params.unbonding_period // params.blocks_per_year
    return min(LONGEST_TRUST, 2 * bound // 3)


def configure(home: Home, servers: Sequence[str], trusted: TrustedBlock) -> int:
    """Let the next start take the state from peers; return how many seconds old the block may be then.

    Parameters
    ----------
    home
        A home that passes `check_new`.
    servers
        At least two; they serve headers, the state itself comes from the node's peers.
    trusted
        A block of this chain.

    Raises
    ------
    BadGenesis, BadParams
        If the genesis has no parameters that a chain could have.
    """
    params = as_message(home.genesis().get("app_state", {}).get("params"), Params, "params")
    validate_params(params)
    period = trust_period(params)
    values = {
        "enable": True,
        "rpc_servers": ",".join(base_url(server) for server in servers),
        "trust_height": trusted.height,
        "trust_hash": trusted.hash,
        "trust_period": f"{period}s",
    }
    text = home.config_file.read_text(encoding="utf-8")
    try:
        home.config_file.write_text(set_values(text, {"statesync": values}), encoding="utf-8")
    except UnknownSettingError as error:
        raise HomeError(f"{home.config_file} was not written by CometBFT v0.38 or v0.40: {error}") from error
    return period


def checked_block(servers: Sequence[str], chain_id: str, trusted: TrustedBlock | None) -> TrustedBlock:
    """Return the trusted block, or a recent one if none is given, once all servers agree with it.

    Raises
    ------
    HomeError, ClientError
        As `block_of`; also if the servers have another block than the trusted one.
    """
    found = asyncio.run(block_of(servers, chain_id, trusted.height if trusted else 0))
    if trusted and found != trusted:
        raise HomeError(
            f"the servers have block {found}, which is not the trusted {trusted}: either the hash was copied "
            "wrongly, or the servers are of another chain"
        )
    return found
