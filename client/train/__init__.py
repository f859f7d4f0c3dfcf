"""Local training: from a CSV file and a posted model to an update, and back to better weights.

Reading data, standardising and evaluating need numpy only; training needs
scikit-learn (the extra ``train``).
"""

from __future__ import annotations
