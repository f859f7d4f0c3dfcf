"""A member's committee files: what it drew and received for each key, on disk before it is used.

One file a key, mode 0600, in a directory of mode 0700. A file is written whole or not at all, and durably,
so after a crash a member holds exactly the draws it may have sent already. Its content is canonical JSON.
This is the only place of `assay.crypto.committee` that draws randomness.

Erasing overwrites before it unlinks. On flash storage and copy-on-write file systems the medium may keep
old blocks all the same: keep the directory on an encrypted volume if that matters.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from assay.crypto import accounts
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import Join
from assay.crypto.committee.sealed_box import public_key
from assay.crypto.committee.seeds import seed_hash
from assay.crypto.committee.subsets import dealt, held
from assay.crypto.errors import CryptoError
from assay.crypto.files import UnsafeMode, ensure_private_dir, read_private, sync, write_private
from assay.crypto.presets import by_name
from assay.crypto.ring import fresh_seed

VERSION = 2
MAX_BYTES = 1 << 20
_NAME = re.compile(r"key-(0|[1-9][0-9]{0,19})\.json")


class Use(StrEnum):
    """What became of a member's seeds, which is settled on disk before it happens and never changes again.

    Seeds that served a round are never opened, and of opened seeds nothing is shared: whatever a chain that
    was rolled back, or a copy of one, asks.
    """

    NONE = "none"
    SERVED = "served"
    OPENED = "opened"


class CommitteeFileError(CryptoError):
    """A committee file is missing, open to others, or not what it should be; the text says what to do."""


@dataclass(frozen=True)
class MemberSecrets:
    """What one member keeps secret for one key. Never printed.

    Attributes
    ----------
    key : CommitteeKey
    member : int
    exchange_secret, signing_seed : bytes
        Fresh X25519 secret and Ed25519 seed, 32 bytes each.
    drawn : mapping of int to bytes
        The seeds this member deals, by number.
    received : mapping of int to bytes
        Every seed it holds, by number; empty until they are dealt.
    use : Use
        Whether the seeds have served a round, or were opened to find out who cheated.
    """

    key: CommitteeKey
    member: int
    exchange_secret: bytes = field(repr=False)
    signing_seed: bytes = field(repr=False)
    drawn: Mapping[int, bytes] = field(repr=False)
    received: Mapping[int, bytes] = field(repr=False)
    use: Use = Use.NONE

    def join(self) -> Join:
        """Return the JOIN message that follows from these secrets."""
        hashes = tuple(seed_hash(self.key, number, self.drawn[number]) for number in sorted(self.drawn))
        signing_key = accounts.from_seed(self.signing_seed).public_key
        return Join(public_key(self.exchange_secret), signing_key, hashes)


def draw(key: CommitteeKey, member: int) -> MemberSecrets:
    """Return fresh secrets from the operating system's randomness."""
    drawn = {number: fresh_seed() for number in dealt(key.size, member)}
    return MemberSecrets(key, member, fresh_seed(), fresh_seed(), drawn, {})


class CommitteeFiles:
    """The directory of a node's committee files.

    Parameters
    ----------
    directory : Path
        Created with mode 0700 if it does not exist. Used by one process at a time.

    Raises
    ------
    CommitteeFileError
        If it exists with wider permissions or belongs to another user.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        ensure_private_dir(directory)
        _check_private(directory)
        for left_over in directory.glob(".key-*"):  # of a write that a crash cut short
            self._destroy(left_over)

    def keys(self) -> list[int]:
        """Return the ids of the keys that have a file, ascending."""
        names = (_NAME.fullmatch(path.name) for path in self.directory.iterdir())
        return sorted(int(name.group(1)) for name in names if name)

    def create(self, key: CommitteeKey, member: int) -> MemberSecrets:
        """Return the secrets of a key, drawn and written to disk the first time it is asked for.

        Raises
        ------
        CommitteeFileError
            If a file with that key id is there for another chain, preset, committee or member.
        """
        if not self._path(key.key_id).exists():
            secrets = draw(key, member)
            self.save(secrets)
            return secrets
        secrets = self.load(key.key_id)
        if (secrets.key, secrets.member) != (key, member):
            raise CommitteeFileError(
                f"{self._path(key.key_id)} is for {secrets.key}, member {secrets.member}, "
                f"not {key}, member {member}; it belongs to another chain or node: move it away"
            )
        return secrets

    def record_received(self, secrets: MemberSecrets, received: Mapping[int, bytes]) -> MemberSecrets:
        """Write the seeds a member holds to disk and return its secrets with them."""
        complete = replace(secrets, received=dict(received))
        if complete != secrets:
            self.save(complete)
        return complete

    def record_use(self, secrets: MemberSecrets, use: Use) -> MemberSecrets:
        """Write down what the seeds are used for and return the secrets with it."""
        used = replace(secrets, use=use)
        self.save(used)
        return used

    def load(self, key_id: int) -> MemberSecrets:
        """Read the file of a key.

        Raises
        ------
        CommitteeFileError
            If there is none, others can read it, or its content is not what `save` writes.
        """
        path = self._path(key_id)
        try:
            data = read_private(path, MAX_BYTES)
        except UnsafeMode as error:
            raise CommitteeFileError(str(error)) from None
        except (OSError, ValueError) as error:
            raise CommitteeFileError(
                f"cannot read the committee file: {error}; restore it from this node's copy"
            ) from None
        secrets = _decode(path, data)
        if secrets.key.key_id != key_id:
            raise CommitteeFileError(f"{path} holds key {secrets.key.key_id}; give it back its own name")
        return secrets

    def save(self, secrets: MemberSecrets) -> None:
        """Write the file of a key, durably and as a whole, and overwrite what it replaces."""
        path = self._path(secrets.key.key_id)
        replaced = path.open("r+b") if path.exists() else None
        write_private(path, _encode(secrets))
        if replaced is not None:
            _overwrite(replaced)

    def erase(self, key_id: int) -> None:
        """Overwrite and remove the file of a key; nothing happens if there is none."""
        if self._path(key_id).exists():
            self._destroy(self._path(key_id))

    def _destroy(self, path: Path) -> None:
        _overwrite(path.open("r+b"))
        path.unlink()
        sync(self.directory)

    def _path(self, key_id: int) -> Path:
        return self.directory / f"key-{key_id}.json"


def _check_private(directory: Path) -> None:
    status = os.lstat(directory)
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or mode & ~0o700:
        raise CommitteeFileError(
            f"{directory} must be a directory of the user that runs the node and closed to others, it has "
            f"mode {mode:o}; if nobody else can have read it: chmod 700 {directory}"
        )


def _overwrite(file: BinaryIO) -> None:
    """Overwrite a file with zeros, make that durable, and close it."""
    with file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())


def _encode(secrets: MemberSecrets) -> bytes:
    record = {
        "version": VERSION,
        "chain_id": secrets.key.chain_id,
        "key_id": secrets.key.key_id,
        "preset": secrets.key.preset.name,
        "size": secrets.key.size,
        "member": secrets.member,
        "exchange_secret": secrets.exchange_secret.hex(),
        "signing_seed": secrets.signing_seed.hex(),
        "drawn": {str(number): seed.hex() for number, seed in secrets.drawn.items()},
        "received": {str(number): seed.hex() for number, seed in secrets.received.items()},
        "use": secrets.use.value,
    }
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _decode(path: Path, data: bytes) -> MemberSecrets:
    """Parse a file; whatever is not exactly what `_encode` writes is refused."""
    damaged = CommitteeFileError(f"{path} is damaged or of another version; restore it from this node's copy")
    if len(data) > MAX_BYTES:
        raise damaged
    try:
        record = json.loads(data)
        key = CommitteeKey(record["chain_id"], record["key_id"], by_name(record["preset"]), record["size"])
        secrets = MemberSecrets(
            key,
            record["member"],
            bytes.fromhex(record["exchange_secret"]),
            bytes.fromhex(record["signing_seed"]),
            _seeds(record["drawn"], dealt(key.size, record["member"])),
            _seeds(record["received"], held(key.size, record["member"]) if record["received"] else ()),
            Use(record["use"]),
        )
        canonical = _encode(secrets)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise damaged from None
    if canonical != data or len(secrets.exchange_secret) != 32 or len(secrets.signing_seed) != 32:
        raise damaged
    return secrets


def _seeds(record: Mapping[str, str], numbers: tuple[int, ...]) -> dict[int, bytes]:
    """Parse seeds by number; there must be exactly those of 32 bytes each."""
    seeds = {number: bytes.fromhex(record[str(number)]) for number in numbers}
    if len(record) != len(numbers) or any(len(seed) != 32 for seed in seeds.values()):
        raise ValueError("the seeds are not those this member has")
    return seeds
