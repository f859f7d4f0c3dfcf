"""The validators of a new development chain: their keys, made in their homes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.crypto.accounts import Account
from assay.crypto.files import write_private
from assay.crypto.mnemonics import ENTROPY_BYTES, account_of, from_entropy
from assay.node.committee.identity import create_committee_key, load_committee_key, read_consensus_key

OPERATOR_FILE: Final = "operator.mnemonic"
"""The operator's 24 words, in a home of a development chain."""
DEFAULT_STAKE: Final = 10**9
"""What each validator of a development chain begins with: 1,000 ASY, in uasy."""
SPARE: Final = 10**9
"""What its operator's account holds beside that, for fees and further stake."""


@dataclass(frozen=True)
class Founder:
    """A validator that is there from the first block on.

    Attributes
    ----------
    moniker
        For people.
    operator
        The account that owns it.
    consensus_key
        The key that signs blocks.
    committee_key
        The key that signs committee messages.
    stake
        The operator's own delegation, in uasy.
    """

    moniker: str
    operator: Account
    consensus_key: Account
    committee_key: Account
    stake: int = DEFAULT_STAKE


def create_operator(home: Path) -> Account:
    """Draw an operator's account and write its words to a file of mode 0600 in a home.

    Raises
    ------
    FileExistsError
        If there is one.
    """
    entropy = secrets.token_bytes(ENTROPY_BYTES)
    write_private(home / OPERATOR_FILE, f"{from_entropy(entropy)}\n".encode(), replace=False)
    return account_of(entropy)


def create_founder(home: Path, moniker: str, stake: int = DEFAULT_STAKE) -> Founder:
    """Make the keys of a founder that are not in its home yet; CometBFT's is there already."""
    create_committee_key(home)
    return Founder(moniker, create_operator(home), read_consensus_key(home), load_committee_key(home), stake)
