"""The application behind the ABCI server, split as CometBFT's connections are."""
