"""One member's side of every protocol of one key.

A `Member` is made from committee files: `Member.create` draws and stores, `join_data` and `seeds_data` give
what to send, `accept_seeds` stores what was received, and from then on the shares follow from the seeds
without another draw. All of it may be repeated after a restart and gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from threading import Lock

from assay.crypto.committee import coin, public_key, release, relin_key, score
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import Join, check_bytes, residue_bytes, share_bytes
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.secrets import CommitteeFileError, CommitteeFiles, MemberSecrets, Use
from assay.crypto.committee.seeds import Complaint, deal, receive
from assay.crypto.committee.sharing import Sharer
from assay.crypto.errors import CryptoError
from assay.crypto.ring.tables import U64


class SeedsUsed(CryptoError):
    """What is asked for contradicts what the seeds were used for already; the text says which."""


class Member:
    """A member of the committee of one key.

    Parameters
    ----------
    files : CommitteeFiles
        Where its secrets are kept.
    secrets : MemberSecrets
        Its secrets, as they stand in their file.
    """

    def __init__(self, files: CommitteeFiles, secrets: MemberSecrets) -> None:
        self._files = files
        self._secrets = secrets
        self._sharer: Sharer | None = None
        self._forgotten = False
        self._lock = Lock()  # its file is written from more than one thread

    @classmethod
    def create(cls, files: CommitteeFiles, key: CommitteeKey, member: int) -> Member:
        """Draw and store the secrets of a new key, or load them if that was done before."""
        return cls(files, files.create(key, member))

    @classmethod
    def load(cls, files: CommitteeFiles, key_id: int) -> Member:
        """Load a key's secrets; raises `CommitteeFileError` if there are none."""
        return cls(files, files.load(key_id))

    @property
    def key(self) -> CommitteeKey:
        """The key this is a member of."""
        return self._secrets.key

    @property
    def number(self) -> int:
        """The member's number, from 0."""
        return self._secrets.member

    @property
    def has_seeds(self) -> bool:
        """Whether its seeds have been received and stored, so that it can give shares."""
        return bool(self._secrets.received)

    def __repr__(self) -> str:
        return f"Member(key {self.key.key_id}, member {self.number})"

    # -- ceremony -------------------------------------------------------------------------------

    def join_data(self) -> bytes:
        """Return the data of its JOIN message."""
        return self._secrets.join().to_bytes()

    def seeds_data(self, joins: Sequence[Join]) -> bytes:
        """Return the data of its SEEDS message (empty if it deals none), given every JOIN in order."""
        exchange_keys = [join.exchange_key for join in joins]
        return deal(self.key, self.number, self._secrets.drawn, exchange_keys)

    def accept_seeds(self, joins: Sequence[Join], messages: Mapping[int, bytes]) -> tuple[Complaint, ...]:
        """Open, check and store the seeds it holds.

        Parameters
        ----------
        joins : sequence of Join
            Every member's JOIN, in order.
        messages : mapping of int to bytes
            SEEDS data by dealer.

        Returns
        -------
        tuple of Complaint
            Empty if all is well; otherwise nothing is stored.
        """
        seeds, complaints = receive(self.key, self.number, self._secrets.exchange_secret, joins, messages)
        if not complaints:
            with self._lock:
                self._check_kept()
                if self._secrets.use is not Use.NONE and seeds != self._secrets.received:
                    raise self._used()
                self._secrets = self._files.record_received(self._secrets, seeds)
                self._sharer = None
        return complaints

    def check_data(self, joins: Sequence[Join], messages: Mapping[int, bytes]) -> bytes:
        """Return the data of its CHECK message; seeds that are all good are stored first (`accept_seeds`)."""
        bad = {complaint.seed for complaint in self.accept_seeds(joins, messages)}
        return check_bytes(self.key.size, self.number, bad)

    def answer_data(self, accused: Collection[int]) -> bytes:
        """Return the data of its ANSWER message: the seeds it dealt among those somebody complained of.

        Raises
        ------
        SeedsUsed
            If the key has served a round, so that its seeds must stay secret.
        """
        self._use(Use.OPENED)
        return b"".join(
            self._secrets.drawn[number] for number in sorted(self._secrets.drawn) if number in accused
        )

    def open_data(self) -> bytes:
        """Return the data of its OPEN message: every seed it holds.

        Raises
        ------
        SeedsUsed
            If the key has served a round, so that its seeds must stay secret.
        """
        self._check_received()
        self._use(Use.OPENED)
        return b"".join(self._secrets.received[number] for number in sorted(self._secrets.received))

    def public_key_share(self, prime: int) -> bytes:
        """Return the data of PUBLIC_KEY slot ``prime``."""
        return residue_bytes(public_key.gen_share(self._shares(), prime))

    def relin_share(self, component: int, prime: int) -> bytes:
        """Return the data of RELIN_KEY slot ``component * 3 + prime``."""
        return residue_bytes(relin_key.gen_share(self._shares(), component, prime))

    # -- openings -------------------------------------------------------------------------------

    def score_share(self, c1: U64, kind: MaskKind, *, self_test: bool = False) -> bytes:
        """Return its 16-byte share of a scalar; see `score.gen_share`.

        Anything but a key's self-test is for a round: from then on its seeds are never opened.
        """
        if not self_test:
            self._serve()
        return share_bytes(score.gen_share(self._shares(), c1, kind))

    def coin_share(self, number: int) -> bytes:
        """Return its 16-byte share of the coin with that number."""
        self._serve()
        return share_bytes(coin.gen_share(self._shares(), number))

    def release_share(self, slot: int, c0: U64, c1: U64, owner: bytes) -> bytes:
        """Return the data of RELEASE slot ``slot``: its share of that ciphertext, sealed to the owner."""
        self._serve()
        share = release.gen_share(self._shares(), c0, c1)
        return release.seal_share(self.key, self.number, slot, share, self._secrets.signing_seed, owner)

    def _shares(self) -> Sharer:
        """Return the sharer, made once; its share of the secret key is worked out at first use and kept."""
        self._check_received()
        if self._secrets.use is Use.OPENED:
            raise SeedsUsed(f"the seeds of key {self.key.key_id} were opened; it can serve nobody any more")
        if self._sharer is None:
            self._sharer = Sharer(self.key, self.number, self._secrets.received)
        return self._sharer

    # -- its file -------------------------------------------------------------------------------

    def forget(self) -> None:
        """Write its file no more: it is about to be erased."""
        with self._lock:
            self._forgotten = True

    def _use(self, use: Use) -> None:
        """Settle on disk what the seeds are used for; refuse what contradicts an earlier use."""
        with self._lock:
            self._check_kept()
            if self._secrets.use is Use.NONE:
                self._secrets = self._files.record_use(self._secrets, use)
            elif self._secrets.use is not use:
                raise self._used()

    def _used(self) -> SeedsUsed:
        return SeedsUsed(
            f"the seeds of key {self.key.key_id} were {self._secrets.use} already: the chain must have been "
            "rolled back, and this key must not go on"
        )

    def _serve(self) -> None:
        self._check_received()
        self._use(Use.SERVED)

    def _check_kept(self) -> None:
        if self._forgotten:
            raise CommitteeFileError(f"the secrets of key {self.key.key_id} have been erased")

    def _check_received(self) -> None:
        if not self.has_seeds:
            raise CommitteeFileError(
                f"member {self.number} of key {self.key.key_id} has not received its seeds yet"
            )
