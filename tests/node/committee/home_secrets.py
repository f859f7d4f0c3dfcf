"""Looking for a member's secrets in the files of a home."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

from assay.crypto.committee.secrets import MemberSecrets


def secret_bytes(secrets: MemberSecrets) -> list[bytes]:
    """Everything a member keeps secret for one key, 32 bytes each."""
    own = [secrets.exchange_secret, secrets.signing_seed]
    return [*own, *secrets.drawn.values(), *secrets.received.values()]


def spellings(secret: bytes) -> Iterator[bytes]:
    """The secret as it is, in hexadecimal, and in base64 at each place in a group of three bytes."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for skipped in range(3):
        yield base64.b64encode(secret[skipped : skipped + 27])


def files_with(home: Path, secrets: Iterable[bytes]) -> set[str]:
    """Names of the files below a directory that hold any of the secrets in any spelling."""
    wanted = [spelling for secret in secrets for spelling in spellings(secret)]
    files = [path for path in home.rglob("*") if path.is_file()]
    found = ((path, path.read_bytes()) for path in files)
    return {str(path.relative_to(home)) for path, data in found if any(word in data for word in wanted)}
