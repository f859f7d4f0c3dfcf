"""How shares are packed into vote extensions and committee messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.node.committee.shares import encode_extension, runs_of
from assay.proto import state_pb2 as pb
from assay.state.extensions import MAX_EXTENSION_BYTES, MAX_SHARES, parse_extension
from assay.state.openings import AwaitedShare

scattered = st.lists(st.one_of(st.integers(0, 400), st.integers(0, 2**63 - 2)), unique=True, max_size=60)
spaced = st.builds(
    lambda first, count, gap: list(range(first, first + count * gap, gap)),
    st.integers(0, 2**62),
    st.integers(0, 400),
    st.integers(1, 3),
)
openings = st.one_of(scattered, spaced).map(sorted)


def share(opening: int) -> bytes:
    return opening.to_bytes(16, "little")


@given(openings)
def test_an_extension_holds_the_first_openings_and_is_well_formed(ids: list[int]) -> None:
    encoded, sent = encode_extension({opening: share(opening) for opening in ids})
    assert sent == ids[: len(sent)]
    if not ids:
        assert encoded == b""
        return
    assert len(encoded) <= MAX_EXTENSION_BYTES
    found = {
        run.first + i: run.shares[16 * i : 16 * (i + 1)]
        for run in parse_extension(encoded).runs
        for i in range(len(run.shares) // 16)
    }
    assert found == {opening: share(opening) for opening in sent}


@given(openings)
def test_an_extension_is_as_full_as_it_may_be(ids: list[int]) -> None:
    encoded, sent = encode_extension({opening: share(opening) for opening in ids})
    longest_share = 16 + 2 + 10 + 3 + 2
    assert sent == ids or len(sent) == MAX_SHARES or len(encoded) + longest_share > MAX_EXTENSION_BYTES


def item(opening: int, key_id: int) -> AwaitedShare:
    return AwaitedShare(opening, pb.OPENING_KIND_COIN, key_id, 0, b"", None)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 2)), unique_by=lambda pair: pair[0]).map(sorted))
def test_runs_are_consecutive_of_one_key_and_bounded(pairs: list[tuple[int, int]]) -> None:
    items = [item(*pair) for pair in pairs]
    runs = list(runs_of(items, 5))
    assert [one for run in runs for one in run] == items
    for run in runs:
        assert 0 < len(run) <= 5
        assert {one.key_id for one in run} == {run[0].key_id}
        assert [one.opening for one in run] == list(range(run[0].opening, run[0].opening + len(run)))
