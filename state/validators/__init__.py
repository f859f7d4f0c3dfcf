"""Validators and delegations as records: who they are, and the order of validators by stake."""
