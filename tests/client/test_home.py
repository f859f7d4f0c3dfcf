"""The home directory: settings and private files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from assay.client.home import Home, HomeError, default_home
from assay.client.settings import Settings, UnknownSetting


def test_the_home_is_named_by_the_environment() -> None:
    assert default_home({"ASSAY_HOME": "/somewhere"}) == Path("/somewhere")
    assert default_home({}) == Path.home() / ".assay"


def test_files_are_private_and_replaced_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.write("rounds", "one", b"1")
    path = home.write("rounds", "one", b"2")
    assert home.read("rounds", "one") == b"2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    home.remove("rounds", "one")
    home.remove("rounds", "one")
    assert home.read("rounds", "one") is None


def test_a_file_others_may_read_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write("rounds", "one", b"1").chmod(0o644)
    with pytest.raises(HomeError, match="chmod 600"):
        home.read("rounds", "one")


def test_damaged_json_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write("", "config.json", b"{")
    with pytest.raises(HomeError, match=r"config\.json is damaged"):
        Settings(home).all()


def test_settings_are_kept(tmp_path: Path) -> None:
    settings = Settings(Home(tmp_path))
    assert settings.all() == {}
    assert settings.get("node") is None
    settings.set("node", "http://host:1")
    settings.set("key", "alice")
    assert Settings(Home(tmp_path)).all() == {"node": "http://host:1", "key": "alice"}
    settings.unset("node")
    assert settings.all() == {"key": "alice"}


def test_a_setting_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    settings = Settings(Home(tmp_path))
    with pytest.raises(UnknownSetting, match="there are node, chain-id, key, output"):
        settings.set("colour", "blue")
    with pytest.raises(UnknownSetting):
        settings.get("colour")
