"""Assay: a chain that scores encrypted model updates and pays for them."""
