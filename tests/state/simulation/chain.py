"""A chain of real blocks without a network: state in LevelDB, validators and committee decided by a seed.

Everything enters as it would from CometBFT: signed transactions, votes, evidence, vote extensions. Only the
homomorphic part is made up, which would be by far the most work: a product is a number, a member's share of a
scalar is the scalar, and keys are ready without a ceremony. The ceremonies that the chain itself begins are
answered by nobody.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.state.chain import Scores
from tests.state.conftest import CHAIN_ID
from tests.state.stake import CometSets

from assay.crypto.accounts import Account, sign_committee_tx
from assay.crypto.committee.messages import share_bytes
from assay.crypto.presets import COMMITTEE_SIZES, SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import CommitteeSeat, Key, KeyMember, Opening, Validator
from assay.proto.tx_pb2 import CommitteeBody, ShareRun, VoteExtension
from assay.state import counters, invariants, openings
from assay.state.ceremony import records as key_records
from assay.state.ceremony import slots
from assay.state.context import Misbehavior, Vote
from assay.state.envelope import AccountTx, Entry, decode
from assay.state.overlay import Overlay
from assay.state.proofs import taken_for_good
from assay.state.rules import keys
from assay.state.rules.errors import AssayError
from assay.state.rules.scalars import MAX_SHARES
from assay.state.store import Store
from assay.state.transition import Block, BlockResult, execute, read_params
from assay.state.validators import records as validators


@dataclass
class Tally:
    """What became of everything: how often each kind was accepted, and refused with which code."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count what another has counted."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.events += other.events


class SimulatedChain:
    """Blocks, one after the other.

    Parameters
    ----------
    store
        Holds the chain's state, or its genesis' if `genesis` is given.
    rng
        Decides who is absent, misbehaves, lies, and is chosen for a key.
    genesis
        Records of the first state, written with the first block.
    first
        Who signs the next block, and the one after it.
    committee_keys
        By operator: what signs committee messages.

    Attributes
    ----------
    height
        The last block.
    roots
        App hash by height.
    """

    def __init__(
        self,
        store: Store,
        rng: Random,
        genesis: Overlay | None,
        height: int,
        first: Sequence[Validator],
        committee_keys: Mapping[bytes, Account],
    ) -> None:
        self.store, self.rng, self.height = store, rng, height
        self.tally = Tally()
        self.roots: dict[int, bytes] = {}
        self._genesis = genesis
        self._comet = CometSets(height + 1, first)
        self._begin = height + 1
        self._absent: dict[bytes, int] = {}
        self._scores = Scores()
        self._committee_keys = dict(committee_keys)

    def view(self) -> Overlay:
        """The state after the last block."""
        return Overlay(self._genesis or self.store)

    # -- blocks -----------------------------------------------------------------------------

    def block(self, raws: Iterable[bytes]) -> BlockResult:
        """Execute and commit a block of these transactions; check every invariant."""
        view, height = self.view(), self.height + 1
        self._make_keys(view)
        params = read_params(view)
        entries = [self._entry(raw, params.max_tx_bytes) for raw in (*self._release_shares(view), *raws)]
        jobs = openings.due_jobs(view, params)
        products = {job.opening: (0, hashlib.sha256(b"c1%d" % job.opening).digest()) for job in jobs}
        block = Block(
            height,
            entries,
            self._extensions(view),
            products,
            taken_for_good,
            proposer=self._proposer(height),
            votes=self._votes(height - 1),
            misbehavior=self._misbehavior(height),
        )
        result = execute(view, CHAIN_ID, block)
        invariants.check_all(view)
        self._comet.apply(height, result.validator_updates)
        self._count(entries, result)
        self._commit(view, height)
        return result

    def _entry(self, raw: bytes, max_bytes: int) -> Entry | AssayError:
        try:
            entry = decode(raw, CHAIN_ID, max_bytes)
        except AssayError as error:
            return error
        if isinstance(entry, AccountTx):
            entry.verify()
        return entry

    def _commit(self, view: Overlay, height: int) -> None:
        changes = view.changes if self._genesis is None else {**self._genesis.changes, **view.changes}
        prepared = self.store.prepare(height, changes, view.bulk_puts, tuple(view.bulk_drops))
        self.store.commit(prepared)
        self.roots[height] = prepared.root
        self._genesis, self.height = None, height

    def _count(self, entries: Sequence[Entry | AssayError], result: BlockResult) -> None:
        for entry, outcome in zip(entries, result.tx_results, strict=True):
            kind = entry.messages[0][0] if isinstance(entry, AccountTx) and entry.messages else "other"
            if outcome.code:
                self.tally.refused[kind, outcome.codespace, outcome.code] += 1
            else:
                self.tally.accepted[kind] += 1
        told = [*result.events, *(event for outcome in result.tx_results for event in outcome.events)]
        self.tally.events.update(event.kind for event in told)

    # -- validators -------------------------------------------------------------------------

    def _proposer(self, height: int) -> bytes:
        return self.rng.choice(sorted(self._comet.at(height)))

    def _votes(self, height: int) -> list[Vote]:
        signers = sorted(self._comet.at(height).items()) if height >= self._begin else []
        for address, _ in signers:
            if self.rng.random() < 0.01:
                self._absent[address] = height + self.rng.randrange(60)
        return [Vote(address, power, self._absent.get(address, 0) < height) for address, power in signers]

    def _misbehavior(self, height: int) -> list[Misbehavior]:
        if self.rng.random() > 0.02 or height <= self._begin:
            return []
        since = self.rng.randrange(max(self._begin, height - 70), height)
        signers = sorted(self._comet.at(since).items())
        address, power = self.rng.choice(signers) if signers else (bytes(20), 1)
        return [Misbehavior(address, since, power)]

    # -- the committee ------------------------------------------------------------------------

    def _make_keys(self, view: Overlay) -> None:
        """Have a ready key now and then, of the validators with most stake."""
        ready = [key for key in self._keys(view) if key.status == pb.KEY_STATUS_READY]
        seats = self._seats(view)
        if len(ready) >= 2 or not seats:
            return
        key = Key(id=counters.take_key(view), status=pb.KEY_STATUS_READY, preset=pb.PRESET_SMALL)
        key.members.extend(KeyMember(seat=seat) for seat in seats)
        key.created = self.height
        for name in ("public_key", "relin_key"):
            setattr(key, name, view.put_bulk(keys.key_scope(key.id), name.encode() + bytes([key.id % 256])))
        key_records.save_pool(view, [*key_records.pool(view), key.id])
        key_records.save(view, key)

    def _keys(self, view: Overlay) -> list[Key]:
        return [view.require(Key, keys.committee_key(ident)) for ident in key_records.pool(view)]

    def _seats(self, view: Overlay) -> list[CommitteeSeat]:
        bonded = [record for record in validators.ranked(view) if validators.is_bonded(record)]
        size = max((n for n in COMMITTEE_SIZES if n <= min(len(bonded), 4)), default=0)
        seats = [
            CommitteeSeat(
                validator=validators.consensus_address(record),
                committee_key=record.committee_key,
                operator=record.operator,
                stake=record.tokens,
            )
            for record in bonded[:size]
        ]
        return sorted(seats, key=lambda seat: seat.validator)

    def _extensions(self, view: Overlay) -> list[tuple[bytes, VoteExtension]]:
        """The members' shares; some are silent, few lie."""
        waiting = [Opening.FromString(data) for _, data in view.iterate(keys.OPENING)]
        asked = [opening for opening in waiting if opening.computed][:MAX_SHARES]
        found = []
        for address in sorted(self._comet.at(self.height)):
            if self.rng.random() < 0.1 or not asked:
                continue
            runs = [ShareRun(first=opening.id, shares=self._share(opening)) for opening in asked]
            found.append((address, VoteExtension(version=1, runs=runs)))
        return found

    def _release_shares(self, view: Overlay) -> list[bytes]:
        """Sealed shares of the sums that are being released, one a block; some members send none in time."""
        taken = (Key.FromString(data) for _, data in view.iterate(keys.KEY))
        owed = [
            (key, member, item)
            for key in taken
            if key.status == pb.KEY_STATUS_TAKEN
            for member in range(len(key.members))
            for item in slots.awaited(view, key, member)
        ]
        if not owed or self.rng.random() < 0.5:
            return []
        key, member, item = self.rng.choice(owed)
        body = CommitteeBody(version=1, key_id=key.id, phase=item.phase, member=member, slot=item.slot)
        body.data = bytes(item.size)
        signer = self._committee_keys[key.members[member].seat.operator]
        return [sign_committee_tx(signer, CHAIN_ID, body.SerializeToString(deterministic=True))]

    def _share(self, opening: Opening) -> bytes:
        value = self._value(opening)
        return share_bytes(value + 1 if self.rng.random() < 0.0005 else value)

    def _value(self, opening: Opening) -> int:
        """What is to be opened: the same for whoever is asked."""
        fate = Random(opening.sender + opening.round_id.to_bytes(8, "big"))
        self._scores.by_sender[opening.sender] = {
            "alignment": fate.uniform(-0.2, 0.9),
            "aggregate": fate.uniform(0.1, 1.5),
            "length": 1.0 if fate.random() < 0.9 else 40.0,
            "norm": 1.0 if fate.random() < 0.9 else 2.0,
        }
        wanted: Any = self._scores(opening)
        return (wanted if isinstance(wanted, int) else opening.id) % SMALL.modulus
