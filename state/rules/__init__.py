"""Rules both sides need: keys, codes, parameters, formulas. Pure functions.

Nothing in this package reads a store, a network or a clock, so the client
imports it to build transactions, verify answers and recompute payouts.
"""
