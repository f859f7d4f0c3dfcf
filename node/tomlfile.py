"""Setting values in a TOML file while its comments stay.

CometBFT's own ``config.toml`` explains each of its settings, and its settings
differ between versions. So the file it writes is kept, and only values change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_SECTION = re.compile(r"\[([A-Za-z0-9_.-]+)\]\s*(?:#.*)?")
_SETTING = re.compile(r"([A-Za-z0-9_-]+)\s*=")


class UnknownSettingError(Exception):
    """The file has no such setting."""


def set_values(text: str, values: Mapping[str, Any]) -> str:
    """Return a TOML text with some of its values changed.

    Parameters
    ----------
    text
        TOML whose settings stand on one line each.
    values
        Setting to value, or section to such a mapping. Values are texts,
        whole numbers, booleans or lists of these.

    Raises
    ------
    UnknownSettingError
        If the text does not have one of the settings.
    """
    wanted = _flatten(values, "")
    lines = text.splitlines(keepends=True)
    section = ""
    for place, line in enumerate(lines):
        if header := _SECTION.match(line):
            section = header[1] + "."
        elif setting := _SETTING.match(line):
            name = section + setting[1]
            if name in wanted:
                lines[place] = f"{setting[1]} = {_format(wanted.pop(name))}\n"
    if wanted:
        raise UnknownSettingError(f"there is no setting {', '.join(sorted(wanted))} to change")
    return "".join(lines)


def _flatten(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Turn sections within sections into dotted names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def _format(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_format, value))}]"
    raise TypeError(f"cannot write {type(value).__name__} as TOML")
