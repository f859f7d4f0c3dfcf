"""What linters cannot ban: no floating point and no randomness in the state machine's code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

# Built-in functions whose result is a float or differs between runs, machines or versions of Python.
BUILTINS = {"float", "complex", "hash", "id"}
MODULES = {"secrets", "random", "time", "statistics"}
INTEGER_MATH = {"comb", "factorial", "gcd", "isqrt", "lcm", "perm", "prod"}


def problem(node: ast.AST) -> str | None:
    """What in this piece of code must not reach consensus."""
    match node:
        case ast.Constant(value=float() | complex()):
            return "a floating-point number"
        case ast.BinOp(op=ast.Div(), right=ast.Constant(value=str())):
            return None  # a path
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "a division that gives a float"
        case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
            return f"{name}()"
        case ast.Attribute(value=ast.Name(id="math"), attr=name) if name not in INTEGER_MATH:
            return f"math.{name}"
        case ast.Attribute(value=ast.Name(id="os"), attr="urandom"):
            return "os.urandom"
        case ast.Import(names=names) if MODULES & {alias.name for alias in names}:
            return "an import"
        case ast.ImportFrom(module="math", names=names) if {alias.name for alias in names} - INTEGER_MATH:
            return "an import"
        case ast.ImportFrom(module=str(module)) if module in MODULES:
            return "an import"
    return None


def findings(code: str) -> Iterator[tuple[int, str]]:
    """Lines with something that must not reach consensus."""
    for node in ast.walk(ast.parse(code)):
        what = problem(node)
        if what is not None:
            yield getattr(node, "lineno", 0), what


def test_the_state_machine_computes_in_integers_only(repository: Path) -> None:
    files = sorted((repository / "state").rglob("*.py"))
    assert files
    found = [
        f"{path.relative_to(repository)}:{line}: {what}"
        for path in files
        for line, what in findings(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "0.5",
        "a / b",
        "x /= 2",
        "float(3)",
        "hash('a')",
        "import random",
        "from time import time",
        "math.log(2)",
    ],
)
def test_the_search_finds_what_it_is_for(code: str) -> None:
    assert list(findings(code))


def test_the_search_leaves_integers_alone() -> None:
    assert list(findings("from math import prod\nimport math\nx = math.isqrt(y) // 2 + int('3')")) == []
