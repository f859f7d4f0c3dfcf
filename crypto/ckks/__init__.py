"""CKKS as Assay uses it: packing, encryption, payload format, and the homomorphic engine."""
