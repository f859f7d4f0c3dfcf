"""The rules by which a header follows from one that is trusted.

Sources: CometBFT v0.38 spec/light-client/verification and light/verifier.go (`VerifyAdjacent`,
`VerifyNonAdjacent`, `VerifyBackwards`). Pure functions; the clock is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from assay.client.light import votes
from assay.client.light.errors import (
    BadTrust,
    HeaderInvalid,
    NotEnoughTrust,
    OutOfDate,
    TooLittlePower,
    TrustExpired,
)
from assay.client.light.header import NANOSECONDS, Header, LightBlock, ValidatorSet
from assay.client.light.votes import Tally

BLOCK_VERSION: Final = 11
"""CometBFT's block protocol, of v0.38 and v0.40 alike."""
HASH_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
MAX_CHAIN_ID: Final = 50
MAX_POWER: Final = (2**63 - 1) // 8
COMMITTED: Final = Fraction(2, 3)
_HOUR: Final = 3600 * NANOSECONDS
_MAX_HOURS: Final = 24 * 365 * 10
DEFAULT_HOURS: Final = "72"
"""About half of the time that stake stays bound by default: 500,000 blocks, one a second."""
DEFAULT_PERIOD: Final = int(DEFAULT_HOURS) * _HOUR
DEFAULT_LEVEL: Final = Fraction(1, 3)
_MAX_DRIFT: Final = 10 * NANOSECONDS
_MOST_BEHIND: Final = 10
_MOST_LATE: Final = 60 * NANOSECONDS
"""A node is out of date that is more blocks and more time than this behind a block that is known."""


@dataclass(frozen=True)
class TrustRules:
    """What a user may choose.

    Attributes
    ----------
    period
        Nanoseconds for which a header is trusted after its time. Must be shorter than the time for which
        validators' stake stays bound and can be taken from them.
    level
        Part of the trusted voting power that must have signed a header further on, at least 1/3.
    """

    period: int = DEFAULT_PERIOD
    level: Fraction = DEFAULT_LEVEL

    def __post_init__(self) -> None:
        if self.period <= 0:
            raise ValueError("the trusting period must be longer than nothing")
        if not Fraction(1, 3) <= self.level <= 1:
            raise ValueError(f"the trust level must be from 1/3 to 1, not {self.level}")


def parse_period(hours: str) -> int:
    """Return a trusting period given in whole hours, in nanoseconds.

    Raises
    ------
    BadTrust
        If it is none.
    """
    if not (hours.isascii() and hours.isdigit() and len(hours) < 9 and 0 < int(hours) <= _MAX_HOURS):
        raise BadTrust(f"{hours!r} is no trusting period; expected whole hours, from 1 to {_MAX_HOURS}")
    return int(hours) * _HOUR


def check_block(block: LightBlock, chain_id: str) -> None:
    """Check that a block is well formed and that its header, commit and validators belong together.

    Raises
    ------
    HeaderInvalid
        Saying what does not fit.
    """
    header, commit = block.header, block.commit
    check_header(header, chain_id)
    _check_set(header, block.validators)
    if block.validators.hash != header.validators_hash:
        raise _invalid(header, "the validators the node sent are not those that the header names")
    if commit.height != header.height or commit.block_id.hash != header.hash:
        raise _invalid(header, "its commit is for another block; the header was altered, or made up")
    if len(commit.signatures) != len(block.validators.validators):
        raise _invalid(header, "its commit has not one place for each validator")


def check_header(header: Header, chain_id: str) -> None:
    """Check that a header is well formed and of this chain."""
    if header.block_version != BLOCK_VERSION:
        raise _invalid(
            header, f"its block version is {header.block_version}, this client knows {BLOCK_VERSION}"
        )
    if header.chain_id != chain_id or len(chain_id) > MAX_CHAIN_ID:
        raise _invalid(header, f"it belongs to the chain {header.chain_id!r}, not to {chain_id!r}")
    if len(header.validators_hash) != HASH_BYTES or len(header.next_validators_hash) != HASH_BYTES:
        raise _invalid(header, "it names no validators")
    if header.height < 1 or len(header.proposer_address) != ADDRESS_BYTES:
        raise _invalid(header, "its height or proposer is none")


def check_committed(block: LightBlock) -> None:
    """Check that more than 2/3 of a block's own voting power has signed it.

    Raises
    ------
    TooLittlePower
        If not.
    """
    tally = votes.tally_own(block, COMMITTED)
    if not tally.exceeds(COMMITTED):
        raise TooLittlePower(
            f"header {block.height} is not committed: {_counted(tally)}, and more than 2/3 must have. "
            "Do not trust this node"
        )


def check_forwards(trusted: LightBlock, block: LightBlock, now: int, rules: TrustRules) -> None:
    """Check that a block follows from a trusted one below it.

    Parameters
    ----------
    trusted
        Believed already.
    block
        A higher block.
    now
        Nanoseconds since 1970.
    rules
        Trusting period and level.

    Raises
    ------
    TrustExpired
        If the trusted one is too old.
    NotEnoughTrust
        If the trusted validators have not signed it enough; a block in between may help.
    HeaderInvalid
        If it cannot be a block of this chain.
    """
    check_fresh(trusted, now, rules)
    check_block(block, trusted.header.chain_id)
    _check_times(trusted.header, block.header, now)
    if block.height == trusted.height + 1:
        if block.header.validators_hash != trusted.header.next_validators_hash:
            raise _invalid(block.header, "its validators are not those that the header before has named")
    else:
        _check_trust(trusted, block, rules)
    check_committed(block)


def check_backwards(trusted: Header, header: Header) -> None:
    """Check that a header is the one right below a trusted header.

    Raises
    ------
    HeaderInvalid
        If the trusted header does not name it.
    """
    check_header(header, trusted.chain_id)
    if header.hash != trusted.last_block_id.hash:
        raise _invalid(header, "it is not the one that the header after it names; it was altered, or made up")


def check_fresh(trusted: LightBlock, now: int, rules: TrustRules) -> None:
    """Check that a header is still within the trusting period.

    Raises
    ------
    TrustExpired
        If not.
    """
    if trusted.header.time + rules.period <= now:
        days = f"{rules.period / NANOSECONDS / 86400:g} days"
        raise TrustExpired(
            f"the newest trusted header, {trusted.height} of {time_in_words(trusted.header.time)}, is older "
            f"than the trusting period of {days}; its validators may be none any more. Get height and hash "
            "of a newer header from somebody you trust, and give it with --trust HEIGHT:HASH"
        )


def check_latest(known: Header, header: Header, now: int, rules: TrustRules) -> None:
    """Check that a header which a node calls its latest is not much older than one that is known.

    Raises
    ------
    OutOfDate
        If it is, or if it is older than the trusting period.
    """
    behind = known.height - header.height > _MOST_BEHIND and known.time - header.time > _MOST_LATE
    if behind or header.time + rules.period <= now:
        raise OutOfDate(
            f"what the node calls its latest state is that of block {header.height} of "
            f"{time_in_words(header.time)}, though block {known.height} of {time_in_words(known.time)} is "
            f"known, and this machine's clock says {time_in_words(now)}: the node is behind, or holds "
            "newer blocks back. Use another node, or wait until it has caught up"
        )


def _check_times(trusted: Header, header: Header, now: int) -> None:
    if header.height <= trusted.height:
        raise _invalid(header, f"it does not come after the trusted header {trusted.height}")
    if header.time <= trusted.time:
        raise _invalid(header, f"its time is not after that of the trusted header {trusted.height}")
    if header.time >= now + _MAX_DRIFT:
        clocks = f"its time is {time_in_words(header.time)}, this machine's clock says {time_in_words(now)}"
        raise _invalid(header, f"{clocks}: either it is made up, or the clock is slow")


def _check_trust(trusted: LightBlock, block: LightBlock, rules: TrustRules) -> None:
    tally = votes.tally_others(block, trusted.validators, rules.level)
    if not tally.exceeds(rules.level):
        raise NotEnoughTrust(
            f"header {block.height} does not follow from the trusted header {trusted.height}: of the "
            f"validators trusted there, {_counted(tally)}, and more than {rules.level} must have"
        )


def _check_set(header: Header, validators: ValidatorSet) -> None:
    powers = [each.power for each in validators.validators]
    if not powers or min(powers) < 1 or sum(powers) > MAX_POWER:
        raise _invalid(header, "its validators have no voting power, or more than there can be")
    if len(validators.by_address) != len(powers):
        raise _invalid(header, "one of its validators is there twice")


def _counted(tally: Tally) -> str:
    wrong = f" ({tally.wrong} of the signatures are wrong)" if tally.wrong else ""
    return f"{tally.signed} of {tally.total} voting power has signed it{wrong}"


def _invalid(header: Header, why: str) -> HeaderInvalid:
    return HeaderInvalid(f"header {header.height} cannot be trusted: {why}. Do not trust this node")


def time_in_words(nanoseconds: int) -> str:
    """Return a header's time for people."""
    try:
        moment = datetime.fromtimestamp(nanoseconds // NANOSECONDS, UTC)
    except (OverflowError, ValueError, OSError):
        return "a time no calendar has"
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
