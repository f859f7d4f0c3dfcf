import stat
from pathlib import Path

import pytest

from assay.node import cometbft
from assay.node.cometbft import CometBFTError


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return path


@pytest.mark.parametrize("name", ["cometbft", "cometbft-v0.38"])
def test_both_built_programs_are_accepted(repository: Path, name: str) -> None:
    assert cometbft.version(repository / "out" / "bin" / name) in ("0.39.0", "0.38.25")


@pytest.mark.parametrize("reported", ["1.0.1", "0.37.5", "0.34.24", "", "0.38.25 or so"])
def test_another_version_is_refused(tmp_path: Path, reported: str) -> None:
    with pytest.raises(CometBFTError, match=r"needs v0\.38 or v0\.40"):
        cometbft.version(script(tmp_path / "c", f"echo '{reported}'"))


def test_the_configured_program_comes_first_then_the_environment_then_the_build(
    tmp_path: Path, repository: Path
) -> None:
    one, two = script(tmp_path / "one", ""), script(tmp_path / "two", "")
    environment = {cometbft.BINARY_VARIABLE: str(two), "PATH": ""}
    assert cometbft.find_binary(str(one), environment) == one
    assert cometbft.find_binary("", environment) == two
    assert cometbft.find_binary("", {"PATH": ""}) == repository / "out" / "bin" / "cometbft"


def test_the_search_path_is_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cometbft, "__file__", str(tmp_path / "node" / "cometbft.py"))
    with pytest.raises(CometBFTError, match="make setup"):
        cometbft.find_binary("", {"PATH": str(tmp_path)})
    found = script(tmp_path / "cometbft", "")
    assert cometbft.find_binary("", {"PATH": str(tmp_path)}) == found


def test_a_configured_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CometBFTError, match="gone is not an executable file"):
        cometbft.find_binary(str(tmp_path / "gone"), {})


def test_a_command_that_fails_is_explained(tmp_path: Path) -> None:
    with pytest.raises(CometBFTError, match="init failed with code 3: told why"):
        cometbft.init(script(tmp_path / "c", "echo told why >&2; exit 3"), tmp_path)
    with pytest.raises(CometBFTError, match="it printed nothing"):
        cometbft.init(script(tmp_path / "d", "exit 3"), tmp_path)
    with pytest.raises(CometBFTError, match="cannot run"):
        cometbft.init(tmp_path / "none", tmp_path)


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("nonsense", "instead of a key"),
        ('{"type": "x"}', "instead of a key"),
        ("[]", "instead of a key"),
        ('{"type": "tendermint/PubKeySecp256k1", "value": "AAAA"}', "needs Ed25519"),
        ('{"type": "tendermint/PubKeyEd25519", "value": "AAAA"}', "needs Ed25519"),
    ],
)
def test_a_key_that_is_no_ed25519_key_is_refused(tmp_path: Path, printed: str, sentence: str) -> None:
    with pytest.raises(CometBFTError, match=sentence):
        cometbft.validator_key(script(tmp_path / "c", f"echo '{printed}'"), tmp_path)
