"""The chain's first state, from the parsed `app_state` of the genesis file.

A new chain's has parameters, accounts and the signed transactions by which its
first validators come in; a continued chain's has the records of the old one.
"""

from assay.state.genesis.fields import BadGenesis
from assay.state.genesis.first_state import write_genesis

__all__ = ["BadGenesis", "write_genesis"]
