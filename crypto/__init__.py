"""Accounts, keystore, homomorphic encryption, threshold committee. Knows no network and no state."""
