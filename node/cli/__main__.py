"""Run `assayd` as a module: ``python -m assay.node.cli``."""

from assay.node.cli import main

main()
