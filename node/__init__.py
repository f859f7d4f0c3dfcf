"""The node: ABCI server, application shell, supervision and the operator's command `assayd`."""
