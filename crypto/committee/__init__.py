"""Threshold decryption by a committee: one protocol per file.

`subsets` says who holds which seed, `sharing` turns seeds into Shamir shares of pseudo-random values,
`seeds` deals them, `public_key`, `relin_key`, `score`, `coin` and `release` are the protocols, each with
``gen_share`` and ``aggregate_shares``, and `member` is one member's side of all of them.
``docs/committee.md`` gives the formulas.
"""
