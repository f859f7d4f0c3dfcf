"""Vote extensions as injected by a proposer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.proto.state_pb2 import Validator, ValidatorSet, ValidatorSets
from assay.proto.tx_pb2 import CommitExtensions, MemberExtension, ShareRun, VoteExtension
from assay.state import extensions
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import BadExtensions

SHARE = bytes(16)


def vote(*runs: tuple[int, int], version: int = 1) -> bytes:
    record = VoteExtension(
        version=version, runs=[ShareRun(first=first, shares=SHARE * n) for first, n in runs]
    )
    return record.SerializeToString(deterministic=True)


@pytest.fixture
def view(memory: Any, people: list[Any]) -> Overlay:
    validators = sorted(
        (Validator(address=person.address, public_key=person.public_key, power=1) for person in people[:3]),
        key=lambda validator: validator.address,
    )
    overlay = Overlay(memory)
    overlay.save(
        keys.VALIDATOR_SETS, ValidatorSets(sets=[ValidatorSet(first_height=1, validators=validators)])
    )
    return overlay


def commit(
    people: list[Any], height: int = 9, commit_round: int = 2, data: bytes | None = None
) -> CommitExtensions:
    data = data or vote((1, 2))
    members = [
        MemberExtension(
            validator=person.address,
            extension=data,
            signature=person.sign(extensions.sign_bytes("chain", height, commit_round, data)),
        )
        for person in sorted(people, key=lambda person: person.address)
    ]
    return CommitExtensions(height=height, round=commit_round, members=members)


def check(view: Overlay, record: CommitExtensions) -> Any:
    return extensions.verify(view, "chain", 10, 2, record)


def test_signed_extensions_of_validators_are_returned_by_address(view: Overlay, people: list[Any]) -> None:
    found = check(view, commit(people[:3]))
    assert [address for address, _ in found] == sorted(person.address for person in people[:3])


def test_an_extension_by_an_outsider_is_refused(view: Overlay, people: list[Any]) -> None:
    with pytest.raises(BadExtensions, match="no validator"):
        check(view, commit(people[:4]))


@pytest.mark.parametrize("field", ["height", "round"])
def test_extensions_of_another_commit_are_refused(view: Overlay, people: list[Any], field: str) -> None:
    record = commit(people[:1])
    setattr(record, field, 7)
    with pytest.raises(BadExtensions, match="last commit"):
        check(view, record)


def test_an_extension_replayed_from_another_height_is_refused(view: Overlay, people: list[Any]) -> None:
    record = commit(people[:1], height=8)
    record.height = 9
    with pytest.raises(BadExtensions, match="signature"):
        check(view, record)


def test_a_duplicate_is_refused(view: Overlay, people: list[Any]) -> None:
    record = commit(people[:1])
    record.members.append(record.members[0])
    with pytest.raises(BadExtensions, match="ascend"):
        check(view, record)


def test_an_empty_injection_is_refused(view: Overlay) -> None:
    with pytest.raises(BadExtensions, match="only when there are any"):
        check(view, CommitExtensions(height=9, round=2))


@pytest.mark.parametrize(
    "data",
    [
        vote((1, 1), version=2),
        vote(),
        vote((5, 2), (6, 1)),
        vote((5, 1), (4, 1)),
        vote((1, 249)),
        vote((2**63, 1)),
        vote((1, 1)) + b"\x50\x01",
        VoteExtension(version=1, runs=[ShareRun(first=1, shares=b"x" * 15)]).SerializeToString(),
        VoteExtension(version=1, runs=[ShareRun(first=1)]).SerializeToString(),
        b"\xff" * 100,
        bytes(5000),
    ],
)
def test_malformed_extensions_are_refused(data: bytes) -> None:
    with pytest.raises(BadExtensions):
        extensions.parse_extension(data)


def test_the_largest_extension_fits() -> None:
    data = vote((2**62, 248))
    assert len(data) <= extensions.MAX_EXTENSION_BYTES
    assert extensions.parse_extension(data).runs[0].first == 2**62


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_do_more_than_be_refused(data: bytes) -> None:
    try:
        extensions.parse_extension(data)
    except BadExtensions:
        return
    assert data[:1] == b"\x08"


def test_sign_bytes_equal_cometbfts_test_vectors() -> None:
    """From TestVoteExtensionSignBytes-style vectors: extension, height 1, round 1, chain test_chain_id."""
    height, commit_round = b"\x11\x01" + bytes(7), b"\x19\x01" + bytes(7)
    expected = b"\x2b\x0a\x09extension" + height + commit_round + b"\x22\x0dtest_chain_id"
    expected = bytes([len(expected) - 1]) + expected[1:]
    assert extensions.sign_bytes("test_chain_id", 1, 1, b"extension") == expected
