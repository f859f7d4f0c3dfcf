import json
from pathlib import Path

import pytest

from assay.node.doctor import files
from assay.node.doctor.findings import Level
from assay.node.home import Home, HomeError
from assay.node.modes import check_modes
from assay.node.tomlfile import set_values


def configure(home: Home, **values: object) -> None:
    home.config_file.write_text(set_values(home.config_file.read_text(), values))


def test_a_new_home_is_well(home: Home) -> None:
    check_modes(home)
    for look in (files.modes, files.genesis, files.identity, files.signed, files.exposure):
        assert {each.level for each in look(home)} <= {Level.OK}


@pytest.mark.parametrize(
    ("name", "mode", "mended"),
    [
        ("config/priv_validator_key.json", 0o640, "chmod 600"),
        ("config/node_key.json", 0o604, "chmod 600"),
        ("committee", 0o750, "chmod 700"),
        ("committee/committee_key.json", 0o644, "chmod 600"),
        ("config/config.toml", 0o666, "chmod o-w"),
        ("assayd.toml", 0o602, "chmod o-w"),
        ("config", 0o707, "chmod o-w"),
    ],
)
def test_a_mode_that_is_too_open_is_refused_with_what_mends_it(
    home: Home, name: str, mode: int, mended: str
) -> None:
    path: Path = home.path / name
    path.chmod(mode)
    with pytest.raises(HomeError, match=f"{mended} {path}"):
        check_modes(home)
    (found,) = files.modes(home)
    assert (found.level, found.remedy) == (Level.WRONG, f"{mended} {path}")


def test_all_faults_are_named_at_once(home: Home) -> None:
    for name in ("node_key.json", "priv_validator_key.json"):
        (home.path / "config" / name).chmod(0o644)
    with pytest.raises(HomeError, match=r"priv_validator_key.*node_key"):
        check_modes(home)


def test_a_genesis_the_chain_refuses(home: Home) -> None:
    (before,) = files.genesis(home)
    assert "its digest is " in before.text
    document = home.genesis()
    home.genesis_file.write_text(json.dumps(document))  # other spaces, the same meaning
    assert list(files.genesis(home)) == [before]
    document["app_state"]["accounts"][0]["balance"] = "-1"
    home.genesis_file.write_text(json.dumps(document))
    (found,) = files.genesis(home)
    assert found.level is Level.WRONG
    assert "whole number of uasy" in found.text


def test_a_validator_whose_key_is_elsewhere(home: Home) -> None:
    (home.path / "config" / "priv_validator_key.json").unlink()
    (found,) = files.identity(home)
    assert (found.level, "[validator] address" in found.text) == (Level.WRONG, True)
    home.change_settings({"validator": {"address": "AB" * 20}})
    (found,) = files.identity(home)
    assert f"validator {'AB' * 20}" in found.text
    home.change_settings({"validator": {"address": "AB" * 19}})
    (found,) = files.identity(home)
    assert "40 hexadecimal" in found.text


def test_what_strangers_reach_is_named(home: Home) -> None:
    configure(
        home,
        priv_validator_laddr="tcp://10.0.0.1:26659",
        rpc={
            "laddr": "tcp://0.0.0.0:26657",
            "unsafe": True,
            "cors_allowed_origins": ["*"],
            "pprof_laddr": "localhost:6060",
        },
        instrumentation={"prometheus": True, "prometheus_listen_addr": ":26660"},
    )
    home.change_settings({"metrics": {"address": "[::]:26661"}})
    found = {each.subject: each.level for each in files.exposure(home)}
    assert found == {
        "rpc.unsafe": Level.WRONG,
        "rpc.pprof_laddr": Level.NOTE,
        "rpc.cors_allowed_origins": Level.NOTE,
        "rpc.laddr": Level.NOTE,
        "metrics.address": Level.NOTE,
        "instrumentation.prometheus_listen_addr": Level.NOTE,
        "priv_validator_laddr": Level.NOTE,
    }


def test_a_file_that_goes_meanwhile_is_no_fault(home: Home) -> None:
    (home.committee / "erased.json").symlink_to("/nowhere/at/all")  # listed, and not there
    check_modes(home)


def test_a_record_of_what_was_signed_that_is_none(home: Home) -> None:
    (home.path / "data" / "priv_validator_state.json").write_text("{")
    (found,) = files.signed(home)
    assert (found.level, "docs/recovery.md" in found.remedy) == (Level.WRONG, True)
    configure(home, priv_validator_laddr="tcp://127.0.0.1:1")
    assert list(files.signed(home)) == []
