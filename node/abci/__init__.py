"""ABCI 2.0 over a socket: the way CometBFT speaks to the application."""
