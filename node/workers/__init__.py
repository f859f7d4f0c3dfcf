"""Worker processes for homomorphic work and for proofs.

TenSEAL holds the interpreter's lock while it computes, and a fault of a native
library ends its process. So this work is done elsewhere, and what happens to a
worker can change only the time a result takes, never the result.
"""
