"""Lower bounds in pyproject.toml, exact versions in constraints.txt, hashes in go.sum, addresses in none."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# One exact pin: another generator writes other files than the committed ones.
EXACT = {"grpcio-tools"}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, list[Requirement]]:
    """The requirements by extra; the base install under ''."""
    table = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    groups = {"": table["dependencies"], **table["optional-dependencies"]}
    return {name: [Requirement(text) for text in texts] for name, texts in groups.items()}


@pytest.fixture(scope="module")
def pins(repository: Path) -> dict[str, Requirement]:
    """The constraints by name."""
    lines = (repository / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def test_requirements_are_lower_bounds(project: dict[str, list[Requirement]]) -> None:
    for requirement in (requirement for group in project.values() for requirement in group):
        operators = [specifier.operator for specifier in requirement.specifier]
        assert operators == (["=="] if requirement.name in EXACT else [">="]), requirement


def test_every_requirement_is_pinned_within_its_bound(
    project: dict[str, list[Requirement]], pins: dict[str, Requirement]
) -> None:
    for requirement in (requirement for group in project.values() for requirement in group):
        (pin,) = pins[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version), requirement


def test_constraints_are_exact_versions_without_addresses(pins: dict[str, Requirement]) -> None:
    for pin in pins.values():
        assert pin.url is None
        assert [specifier.operator for specifier in pin.specifier] == ["=="], pin


def test_the_base_install_is_the_client(project: dict[str, list[Requirement]]) -> None:
    base = {requirement.name for requirement in project[""]}
    assert base.isdisjoint({"plyvel", "tenseal", "numba", "scikit-learn"})
    assert {"plyvel", "tenseal", "numba"} <= {requirement.name for requirement in project["node"]}


@pytest.mark.parametrize(
    ("module", "requirement"),
    [
        ("cometbft", "github.com/cometbft/cometbft v0.40.0"),
        ("cometbft-v038", "github.com/cometbft/cometbft v0.38.25"),
        ("ics23", "github.com/cosmos/ics23/go v0.11.0"),
        ("promcheck", "github.com/prometheus/prometheus v0.55.1"),
    ],
)
def test_go_programs_are_pinned_and_checked_by_hash(repository: Path, module: str, requirement: str) -> None:
    directory = repository / "tools" / module
    assert re.search(rf"^\s*{re.escape(requirement)}\b", (directory / "go.mod").read_text(), re.MULTILINE)
    assert re.search(rf"^{re.escape(requirement)} h1:", (directory / "go.sum").read_text(), re.MULTILINE)


def test_generated_messages_load_with_the_oldest_allowed_protobuf(
    repository: Path, project: dict[str, list[Requirement]]
) -> None:
    """Generated code names the protobuf that made it and refuses to load under an older one."""
    (bound,) = next(requirement for requirement in project[""] if requirement.name == "protobuf").specifier
    generated = sorted((repository / "proto").glob("*_pb2.py"))
    assert generated
    for path in generated:
        assert f"# Protobuf Python Version: {bound.version}\n" in path.read_text(), path.name
