"""What a node tells Prometheus and whoever asks for its health; docs/metrics.md is the operator's page.

Nothing here is read by what decides a block. The parts of the node count in
plain integers of their own or are looked at from outside: `meter` around the
application's handlers, `collector` when somebody asks.
"""
