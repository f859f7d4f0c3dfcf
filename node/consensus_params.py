"""Consensus parameters the application cannot live without, in a genesis and at InitChain alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.proto.state_pb2 import Params
from assay.state.genesis import BadGenesis


@dataclass(frozen=True)
class ConsensusParams:
    """Those of CometBFT's consensus parameters that matter here.

    Attributes
    ----------
    max_bytes
        Of a block.
    extensions_height
        First height with vote extensions.
    evidence_blocks
        Greatest age of evidence.
    """

    max_bytes: int
    extensions_height: int
    evidence_blocks: int

    def check(self, initial_height: int, params: Params) -> None:
        """Refuse parameters the application cannot live with.

        Raises
        ------
        BadGenesis
            With a sentence.
        """
        if self.extensions_height != initial_height:
            raise BadGenesis("consensus_params.abci.vote_extensions_enable_height must be the initial height")
        if self.max_bytes != -1:
            raise BadGenesis("consensus_params.block.max_bytes must be -1: the application bounds its blocks")
        if not params.development and self.evidence_blocks > params.unbonding_period:
            raise BadGenesis(
                f"consensus_params.evidence.max_age_num_blocks is {self.evidence_blocks}, beyond "
                f"unbonding_period {params.unbonding_period}: evidence would come when the stake has left"
            )


def check_consensus_params(document: Mapping[str, Any], initial_height: int, params: Params) -> None:
    """Check a genesis document's consensus parameters; `BadGenesis` if one is wrong or missing."""
    try:
        found = document["consensus_params"]
        chosen = ConsensusParams(
            max_bytes=int(found["block"]["max_bytes"]),
            extensions_height=int(found["abci"]["vote_extensions_enable_height"]),
            evidence_blocks=int(found["evidence"]["max_age_num_blocks"]),
        )
    except (KeyError, TypeError, ValueError):
        raise BadGenesis(
            "consensus_params lacks block.max_bytes, evidence.max_age_num_blocks, or "
            "abci.vote_extensions_enable_height"
        ) from None
    chosen.check(initial_height, params)
