"""The operator's command `assayd`."""

from assay.node.cli.main import main
