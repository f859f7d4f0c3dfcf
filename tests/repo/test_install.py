"""What a stranger installs: a wheel made from the source distribution, no extra, in an empty environment."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution (links become directories there)."""
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(repository)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(repository: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel and its requirements."""
    directory = tmp_path_factory.mktemp("client")
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    interpreter = directory / "bin" / "python"
    constraints = repository / "constraints.txt"
    command = [
        str(interpreter),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--constraint",
        str(constraints),
        str(wheel),
    ]
    subprocess.run(command, check=True)
    return interpreter


def call(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def test_the_wheel_holds_every_module_and_its_data(repository: Path, wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"assay/{path.relative_to(repository)}"
        for package in ("client", "crypto", "node", "proto", "state")
        for pattern in ("*.py", "*.pyi", "*.proto")
        for path in (repository / package).rglob(pattern)
    }
    assert wanted
    assert wanted - inside == set()
    assert "assay/py.typed" in inside


def test_the_client_runs_without_the_node_s_libraries(python: Path) -> None:
    absent = call(python, "-c", "import plyvel")
    assert "ModuleNotFoundError" in absent.stderr
    done = subprocess.run(
        [str(python.parent / "assay"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "contribute" in done.stdout


def test_the_client_s_modules_import_without_the_node_s_libraries(python: Path) -> None:
    code = (
        "import importlib, pkgutil, assay.client\n"
        "for module in pkgutil.walk_packages(assay.client.__path__, 'assay.client.'):\n"
        "    importlib.import_module(module.name)\n"
    )
    done = call(python, "-c", code)
    assert done.returncode == 0, done.stderr


def test_the_operator_s_command_says_which_extra_it_needs(python: Path) -> None:
    done = subprocess.run(
        [str(python.parent / "assayd"), "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "assayd needs " in done.stderr
    assert "pip install '.[node]'" in done.stderr
