"""A light client: it follows the chain's validators from a header one trusts, and so needs no trusted node.

`header` hashes headers, `votes` checks commits, `verify` has the rules by which trust moves from one header
to another, `parse` reads a node's JSON, `client` fetches what the rules need, `trust` names and keeps what is
believed. docs/light-client.md explains it to people.
"""
