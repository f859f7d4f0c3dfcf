"""Who cheated in a ceremony that was given up, judged from opened seeds.

A complaint says that a seed was not dealt as it had to be. Its dealer opens
the seed, and everybody sees whether dealer or complainer was false. Key shares
that contradict one another, or a key that fails its self-test, make members
open all seeds; everybody recomputes every share. Seeds are opened only of keys
that served nothing.
"""

from __future__ import annotations

from assay.crypto.committee import messages, public_key, relin_key, seeds
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.sharing import Sharer, all_sharers
from assay.crypto.committee.subsets import dealer, openers
from assay.crypto.presets import by_wire_id
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key
from assay.state.ceremony import combine, records, slots
from assay.state.context import Context
from assay.state.faults import name_fault
from assay.state.rules import outcomes


def accused(ctx: Context, key: Key) -> list[int]:
    """Return the numbers of the seeds that somebody complained of, ascending."""
    return sorted(_complaints(ctx, key))


def judge(ctx: Context, key: Key) -> None:
    """Name whoever cheated, as far as what was opened shows it."""
    if key.accused:
        _judge_complaints(ctx, key)
    else:
        _judge_shares(ctx, key)


# --- seeds -------------------------------------------------------------------


def _complaints(ctx: Context, key: Key) -> dict[int, list[int]]:
    """Return the complainers, ascending, by seed."""
    found: dict[int, list[int]] = {}
    for member, data in slots.arrived(ctx.view, key, tx_pb2.COMMITTEE_PHASE_CHECK, 0):
        for seed in messages.parse_check(len(key.members), member, data):
            found.setdefault(seed, []).append(member)
    return found


def _judge_complaints(ctx: Context, key: Key) -> None:
    """Name the dealer or the complainers of every seed whose dealer has opened it."""
    name, joins = records.name(ctx.chain_id, key), records.joins(key)
    dealings = dict(slots.arrived(ctx.view, key, tx_pb2.COMMITTEE_PHASE_SEEDS, 0))
    answers = _answers(ctx, key)
    for seed, complainers in sorted(_complaints(ctx, key).items()):
        if seed not in answers:
            continue  # its dealer was silent and is named for that
        source = dealer(name.size, seed)
        if not seeds.dealt_honestly(name, seed, answers[seed], joins, dealings[source]):
            name_fault(ctx, key, source, pb.FAULT_KIND_BAD_SEEDS)
            continue
        for member in complainers:
            name_fault(ctx, key, member, pb.FAULT_KIND_FALSE_COMPLAINT)


def _answers(ctx: Context, key: Key) -> dict[int, bytes]:
    """Return what accused dealers opened, by seed."""
    found: dict[int, bytes] = {}
    for member, data in slots.arrived(ctx.view, key, tx_pb2.COMMITTEE_PHASE_ANSWER, 0):
        found.update(zip(slots.accused_of(key, member), messages.split_seeds(data), strict=True))
    return found


# --- key shares --------------------------------------------------------------


def _judge_shares(ctx: Context, key: Key) -> None:
    """Name everybody whose share is not what the opened seeds give, in the slots in doubt."""
    sharers = _sharers(ctx, key)
    if sharers is None:
        return  # too few have opened theirs, and are named for that
    everything = key.failure == outcomes.KEY_SELF_TEST
    guilty: set[int] = set()
    for prime, found in combine.decode_public_key(ctx, key).items():
        if everything or not isinstance(found, Decoded):
            shares = combine.shares(ctx, key, tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, prime)
            guilty.update(public_key.blame(sharers, prime, shares))
    for slot, found in combine.decode_relin_key(ctx, key).items():
        if everything or not isinstance(found, Decoded):
            shares = combine.shares(ctx, key, tx_pb2.COMMITTEE_PHASE_RELIN_KEY, slot)
            component, prime = divmod(slot, len(by_wire_id(key.preset).primes))
            guilty.update(relin_key.blame(sharers, component, prime, shares))
    for member in sorted(guilty):
        name_fault(ctx, key, member, pb.FAULT_KIND_WRONG_KEY_SHARE)


def _sharers(ctx: Context, key: Key) -> tuple[Sharer, ...] | None:
    """Return every member's sharer, if enough seeds were opened."""
    name, joins = records.name(ctx.chain_id, key), records.joins(key)
    opened: dict[int, bytes] = {}
    sent = list(slots.arrived(ctx.view, key, tx_pb2.COMMITTEE_PHASE_OPEN, 0))
    for member, data in sent:
        opened.update(seeds.parse_opened(name, member, joins, data))
    return all_sharers(name, opened) if len(sent) >= openers(name.size) else None
