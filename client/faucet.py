"""Tokens for trying things out, on development chains only.

The genesis of a development chain gives tokens to an account whose words
everybody knows. Nothing of value may ever be sent to it.
"""

from __future__ import annotations

from typing import Final

from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.messages import transfer
from assay.client.transactions import Options
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account
from assay.crypto.mnemonics import account_from_words

WORDS: Final = (
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art"
)
"""BIP-39 words of 32 zero bytes: known to everybody."""
ADDRESS: Final = "assay1pywgxt6s0n9qmv2vqgd8vpvcw73j2t26qj2em5"
DEFAULT_AMOUNT: Final = 100_000_000
"""100 ASY, in uasy."""


class NoFaucet(ClientError):
    """The chain is not a development chain."""


def account() -> Account:
    """Return the faucet's account."""
    return account_from_words(WORDS)


async def pour(client: Client, recipient: str, amount: int = DEFAULT_AMOUNT) -> TxResult:
    """Send tokens of the faucet and wait until they have arrived.

    Several callers may pour at once: a sequence somebody else was faster to use is taken anew.

    Raises
    ------
    NoFaucet
        If the chain is not a development chain.
    """
    if not (await client.query.params()).value.development:
        raise NoFaucet(
            f"{await client.chain_id()} is no development chain and has no faucet; ask somebody for tokens"
        )
    pending = await client.send(account(), [transfer(recipient, amount)], Options(memo="faucet"))
    return await pending.wait()
