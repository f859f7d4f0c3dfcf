"""Build the reference of every module of `assay` from its docstrings, as HTML that needs no network.

    tools/api_docs.py [--output out/docs] [MODULE ...]

Generated protobuf modules are left out, since their .proto files say more, and so are programs that run when
they are imported. A module that cannot be imported is an error.
"""

import argparse
import sys
import warnings
from pathlib import Path

import pdoc

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "assay"


def modules() -> list[str]:
    """The dotted names of all modules, packages before what is in them."""
    found = ["assay"]
    for package in sorted(SOURCE.iterdir()):
        for path in sorted(package.resolve().rglob("*.py")):
            parts = path.relative_to(package.resolve()).with_suffix("").parts
            if not parts[-1].endswith(("_pb2", "__main__")):
                found.append(".".join(("assay", package.name, *parts)).removesuffix(".__init__"))
    return found


def build(names: list[str], output: Path) -> None:
    """Write the pages of modules; RuntimeError names one that cannot be imported."""
    pdoc.render.configure(docformat="numpy", show_source=False, footer_text="Assay")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The module specification")  # named by its package already
        warnings.filterwarnings("ignore", message="Error parsing type")  # names only type checkers import
        pdoc.pdoc(*names, output_directory=output)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the reference of all modules.")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "out" / "docs")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="only these, by dotted name")
    options = parser.parse_args()
    names, output = options.modules or modules(), options.output
    try:
        build(names, output)
    except RuntimeError as error:
        sys.exit(f"Error: {error}")
    print(f"{len(names)} pages; begin with {output / 'index.html'}")


if __name__ == "__main__":
    main()
