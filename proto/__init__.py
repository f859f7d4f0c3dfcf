"""Messages, records and ABCI: what travels and what is kept. docs/transactions.md describes them."""
