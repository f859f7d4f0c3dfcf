"""This node's secrets for each key, in memory and on disk."""

from __future__ import annotations

from threading import Lock

from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.secrets import CommitteeFileError, CommitteeFiles
from assay.crypto.errors import CryptoError


class SecondMask(CryptoError):
    """A ciphertext is to be opened under another width of mask than before; both together would unmask it."""


class Members:
    """The keys this node has secrets for.

    Every method reads or writes files, so the runtime calls them in its threads, one at a time.

    Parameters
    ----------
    files
        The directory of committee files.
    """

    def __init__(self, files: CommitteeFiles) -> None:
        self._files = files
        self._loaded: dict[int, Member] = {}
        self._kinds: dict[int, dict[bytes, MaskKind]] = {}
        self._lock = Lock()

    def key_ids(self) -> list[int]:
        """Return the ids of the keys that have a file, ascending."""
        return self._files.keys()

    def create(self, key: CommitteeKey, number: int) -> Member:
        """Return the member of a key that is about to begin; its secrets are on disk from now on.

        Raises
        ------
        CommitteeFileError
            If the file of that id belongs to another chain, committee or member.
        """
        with self._lock:
            if key.key_id not in self._loaded:
                self._loaded[key.key_id] = Member.create(self._files, key, number)
            return self._checked(self._loaded[key.key_id], key, number)

    def get(self, key: CommitteeKey, number: int) -> Member:
        """Return the member of a key that began earlier.

        Raises
        ------
        CommitteeFileError
            If there is no such file. Drawing other secrets now could only contradict what was sent.
        """
        with self._lock:
            if key.key_id not in self._loaded:
                self._loaded[key.key_id] = Member.load(self._files, key.key_id)
            return self._checked(self._loaded[key.key_id], key, number)

    def use_mask(self, key_id: int, c1: bytes, kind: MaskKind) -> None:
        """Note the kind of mask a ciphertext is about to be opened under; `c1` is the digest of its c1.

        The chain opens no ciphertext under two kinds. This is the member's own check of that, as far as its
        memory goes: since it was started, and until the key is erased.

        Raises
        ------
        SecondMask
            If it was opened under another kind before.
        """
        with self._lock:
            before = self._kinds.setdefault(key_id, {}).setdefault(c1, kind)
        if before is not kind:
            raise SecondMask(
                f"the chain asks for a ciphertext of key {key_id} as {kind.value} and as {before.value}; "
                "this node answers once"
            )

    def erase(self, key_id: int) -> None:
        """Forget a key's secrets and overwrite their file."""
        with self._lock:
            member = self._loaded.pop(key_id, None)
            if member is not None:
                member.forget()  # another thread may be about to write it
            self._files.erase(key_id)

    @staticmethod
    def _checked(member: Member, key: CommitteeKey, number: int) -> Member:
        if (member.key, member.number) != (key, number):
            raise CommitteeFileError(
                f"the committee file of key {key.key_id} is for {member.key}, member {member.number}, where "
                f"the chain has {key}, member {number}; it belongs to another chain or node: move it away"
            )
        return member
