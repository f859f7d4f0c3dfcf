"""Settings kept in the home directory; options and environment variables go before them."""

from __future__ import annotations

from typing import Final

from assay.client.errors import ClientError
from assay.client.home import Home, HomeError

_FILE: Final = "config.json"

SETTINGS: Final[dict[str, str]] = {
    "node": "RPC address of the node to talk to, such as http://127.0.0.1:26657",
    "chain-id": "chain the node must belong to",
    "key": "name of the key that signs when --from is not given",
    "output": "text or json",
    "trust": "header to follow the chain from, HEIGHT:HASH; without one the node's headers are believed",
    "witness": "nodes that must have the same headers, with spaces between; needs a header to trust",
    "trusting-period": "hours for which a header is trusted, less than validators' stake stays bound",
}


class UnknownSetting(ClientError):
    """There is no setting of this name."""


class Settings:
    """Named settings of one home directory."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def all(self) -> dict[str, str]:
        """Return the settings that have been made."""
        found = self._home.read_json("", _FILE) or {}
        if not isinstance(found, dict):
            raise HomeError(f"{self._home.path / _FILE} is damaged: it does not hold settings; remove it")
        return {name: str(found[name]) for name in SETTINGS if name in found}

    def get(self, name: str) -> str | None:
        """Return a setting, or None if it has not been made."""
        return self.all().get(_known(name))

    def set(self, name: str, value: str) -> None:
        """Make a setting."""
        self._home.write_json("", _FILE, self.all() | {_known(name): value})

    def unset(self, name: str) -> None:
        """Take a setting back."""
        kept = {other: value for other, value in self.all().items() if other != _known(name)}
        self._home.write_json("", _FILE, kept)


def _known(name: str) -> str:
    if name not in SETTINGS:
        raise UnknownSetting(f"there is no setting {name!r}; there are {', '.join(SETTINGS)}")
    return name
