"""``assayd.toml``: what an operator decides about the application's side of a node."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from assay.state.store import DEFAULT_RETAIN

FILE_NAME: Final = "assayd.toml"
_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A settings file is missing or says something it cannot say."""


def template(name: str) -> str:
    """Return the text of a file of the ``config/`` directory."""
    return (files("assay.node") / "config" / name).read_text(encoding="utf-8")


def number(default: int, least: int, most: int) -> Any:
    """Declare a whole number with its range, both ends included."""
    return field(default=default, metadata={"range": (least, most)})


def choice(default: str, *values: str) -> Any:
    """Declare a text that is one of a few."""
    return field(default=default, metadata={"values": values})


@dataclass(frozen=True)
class AbciSettings:
    """``[abci]``."""

    address: str = ""


@dataclass(frozen=True)
class CometBFTSettings:
    """``[cometbft]``."""

    binary: str = ""


@dataclass(frozen=True)
class StoreSettings:
    """``[store]``."""

    retain_versions: int = number(DEFAULT_RETAIN, 2, 1_000_000)
    retain_blocks: int = number(0, 0, 1_000_000_000)


@dataclass(frozen=True)
class SnapshotSettings:
    """``[snapshots]``."""

    interval: int = number(1000, 0, 10_000_000)
    keep: int = number(2, 2, 10)


@dataclass(frozen=True)
class WorkerSettings:
    """``[workers]``."""

    processes: int = number(0, 0, 256)
    signature_threads: int = number(2, 1, 64)


@dataclass(frozen=True)
class LogSettings:
    """``[log]``."""

    format: str = choice("text", "text", "json")
    level: str = choice("info", *_LEVELS)


@dataclass(frozen=True)
class SupervisionSettings:
    """``[supervision]``."""

    stall_seconds: int = number(300, 0, 1_000_000)
    stop_seconds: int = number(30, 1, 3600)


@dataclass(frozen=True)
class MetricsSettings:
    """``[metrics]``."""

    address: str = ""
    stale_seconds: int = number(60, 1, 1_000_000)


@dataclass(frozen=True)
class ValidatorSettings:
    """``[validator]``."""

    address: str = ""


@dataclass(frozen=True)
class Settings:
    """The whole file, a field for each section."""

    abci: AbciSettings = AbciSettings()
    cometbft: CometBFTSettings = CometBFTSettings()
    store: StoreSettings = StoreSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    workers: WorkerSettings = WorkerSettings()
    log: LogSettings = LogSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    metrics: MetricsSettings = MetricsSettings()
    validator: ValidatorSettings = ValidatorSettings()


S = TypeVar("S")


def read_settings(path: Path) -> Settings:
    """Read and check a settings file.

    Raises
    ------
    SettingsError
        With a sentence that names the file, the setting and what was expected.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing: create a home with `assayd init`") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    return parse_settings(table, str(path))


def parse_settings(table: Mapping[str, Any], where: str) -> Settings:
    """Check a parsed settings file; see `read_settings`."""
    return _build(Settings, table, where, "")


def _build(cls: type[S], table: Mapping[str, Any], where: str, section: str) -> S:
    """Make a section's dataclass of its table."""
    known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in table.items():
        full = f"{section}.{name}" if section else name
        if name not in known:
            raise SettingsError(f"{where}: there is no setting {full}; known here: {', '.join(known)}")
        default = known[name].default
        if is_dataclass(default):
            if not isinstance(value, dict):
                raise SettingsError(f"{where}: {full} must be a section: write [{full}]")
            values[name] = _build(type(default), value, where, full)
        else:
            _check(value, default, known[name].metadata, f"{where}: {full}")
            values[name] = value
    return cls(**values)


def _check(value: Any, default: object, metadata: Mapping[str, Any], where: str) -> None:
    """Compare a value with its setting's type and range."""
    if type(value) is not type(default):
        expected = "a whole number" if isinstance(default, int) else "a text in quotes"
        raise SettingsError(f"{where} must be {expected}, not {value!r}")
    if "range" in metadata:
        least, most = metadata["range"]
        if not least <= value <= most:
            raise SettingsError(f"{where} must be from {least} to {most}, not {value}")
    if "values" in metadata and value not in metadata["values"]:
        raise SettingsError(f"{where} must be one of {', '.join(metadata['values'])}, not {value!r}")
