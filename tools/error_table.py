"""Write docs/errors.md: every (codespace, code), generated from the classes that carry them.

Run it without arguments to write the page, with --check to compare it.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from assay.state.rules.errors import all_errors

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"

HEAD = """# Error codes

Every reason to refuse has a `(codespace, code)` pair that never changes its meaning and is never reused. The
pair is in `CheckTx` and transaction results (`code`, `codespace`) and in query answers; the sentence that
says what happened and what was expected is in `log`. Code 0 is success.

This page is generated from `state/rules/errors/` by `tools/error_table.py`; a test compares the two.
"""


def render() -> str:
    """Return the page's text."""
    parts = [HEAD]
    for codespace, group in groupby(all_errors(), key=lambda cls: cls.codespace):
        parts.append(f"\n## {codespace}\n\n| code | name | meaning |\n|---:|---|---|\n")
        for cls in group:
            meaning = (cls.__doc__ or "").strip().splitlines()[0]
            parts.append(f"| {cls.code} | `{cls.__name__}` | {meaning} |\n")
    return "".join(parts)


def main() -> int:
    """Write or compare the page."""
    if sys.argv[1:] == ["--check"]:
        if PAGE.read_text() == render():
            return 0
        print("docs/errors.md is not what state/rules/errors/ says; run tools/error_table.py")
        return 1
    PAGE.write_text(render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
