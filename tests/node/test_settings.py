import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from assay.node.settings import Settings, SettingsError, parse_settings, read_settings, template


def test_the_template_says_what_the_defaults_are() -> None:
    table = tomllib.loads(template("assayd.toml"))
    assert table == asdict(Settings())
    assert parse_settings(table, "x") == Settings()
    assert parse_settings({}, "x") == Settings()


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "assayd.toml"
    path.write_text('[log]\nformat = "json"\n[supervision]\nstall_seconds = 0\n')
    settings = read_settings(path)
    assert settings.log.format == "json"
    assert settings.log.level == "info"
    assert settings.supervision.stall_seconds == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[lgo]", "there is no setting lgo; known here: abci, cometbft, store, "),
        ("[log]\nlevl = 1", "there is no setting log.levl; known here: format, level"),
        ("log = 1", r"log must be a section: write \[log\]"),
        ("[log]\nformat = 1", "log.format must be a text in quotes, not 1"),
        ('[log]\nformat = "xml"', "log.format must be one of text, json, not 'xml'"),
        ('[workers]\nprocesses = "2"', "workers.processes must be a whole number, not '2'"),
        ("[workers]\nprocesses = true", "workers.processes must be a whole number, not True"),
        ("[workers]\nprocesses = -1", "workers.processes must be from 0 to 256, not -1"),
        ("[store]\nretain_versions = 1", "store.retain_versions must be from 2 to 1000000, not 1"),
        ("[supervision]\nstop_seconds = 0", "supervision.stop_seconds must be from 1 to 3600"),
        ("[log", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "assayd.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=sentence) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="assayd init"):
        read_settings(tmp_path / "assayd.toml")
