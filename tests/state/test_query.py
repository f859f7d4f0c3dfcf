"""Queries by path: records and lists, at any height that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.proto.query_pb2 import Page, PageRequest
from assay.proto.state_pb2 import Contribution, Round
from assay.state.query import MAX_PAGE, Queries
from assay.state.rules import keys
from assay.state.rules.errors import BadQuery, HeightNotKept, QueryError, UnknownPath
from assay.state.rules.ics23 import verify_membership, verify_non_membership
from assay.state.rules.paths import ROUTES
from assay.state.store import Store

SENDERS = [bytes([number]) * 20 for number in (1, 2, 3)]
Records = dict[bytes, bytes | None]


def commit(store: Store, records: Records) -> None:
    store.commit(store.prepare(store.version + 1, records))


def contribution(sender: bytes, amount: int) -> bytes:
    return Contribution(round_id=7, sender=sender, amount=amount).SerializeToString()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Four versions: a round and one contribution; another; both changed; one gone and a third there."""
    one, two, three = (keys.contribution(7, sender) for sender in SENDERS)
    with Store.open(tmp_path / "store", create=True, retain_versions=10) as store:
        beside: Records = {keys.contribution(8, SENDERS[0]): b"x", keys.contribution(6, SENDERS[0]): b"x"}
        round_ = Round(id=7, committed=1).SerializeToString()
        commit(store, {keys.round_(7): round_, one: contribution(SENDERS[0], 1), **beside})
        commit(store, {two: contribution(SENDERS[1], 1)})
        commit(store, {one: contribution(SENDERS[0], 2), two: contribution(SENDERS[1], 2)})
        commit(store, {one: None, three: contribution(SENDERS[2], 3)})
        yield store


@pytest.fixture
def queries(store: Store) -> Queries:
    return Queries(store, "assay-test")


def listed(queries: Queries, path: str, height: int = 0, **request: int | bytes) -> Page:
    asked = PageRequest(**request).SerializeToString()  # type: ignore[arg-type]
    return Page.FromString(queries.answer(path, asked, height, False).value)


def test_a_record_is_proven_by_path_at_any_height(store: Store, queries: Queries) -> None:
    answer = queries.answer("/round/7", b"", 0, True)
    assert (answer.height, answer.key) == (3, keys.round_(7))
    assert Round.FromString(answer.value).committed == 1
    verify_membership(store.root_at(3), answer.key, answer.value, answer.proof or b"")
    absent = queries.answer("/round/8", b"", 2, True)
    verify_non_membership(store.root_at(2), keys.round_(8), absent.proof or b"")
    assert queries.answer("/store/key", answer.key, 3, True) == answer


@pytest.mark.parametrize(
    ("height", "amounts"), [(1, [1]), (2, [1, 1]), (3, [2, 2]), (4, [2, 3]), (0, [2, 3])]
)
def test_a_list_is_as_it_was(queries: Queries, height: int, amounts: list[int]) -> None:
    page = listed(queries, "/round/7/contribution", height)
    assert [Contribution.FromString(entry.value).amount for entry in page.entries] == amounts
    assert not page.next
    for entry in page.entries:  # each can be asked for alone, and then proven
        alone = queries.answer(entry.path, b"", height, False)
        assert (alone.key, alone.value) == (entry.key, entry.value)


def test_a_list_comes_page_by_page(queries: Queries) -> None:
    first = listed(queries, "/round/7/contribution", 3, limit=1)
    assert first.next == keys.contribution(7, SENDERS[1])
    second = listed(queries, "/round/7/contribution", 3, limit=1, start=first.next)
    assert [entry.key for entry in second.entries] == [first.next]
    assert not second.next
    assert len(listed(queries, "/round/7/contribution", 3, limit=MAX_PAGE + 1).entries) == 2


def test_a_list_never_leaves_its_table(queries: Queries) -> None:
    outside = keys.contribution(6, SENDERS[0])
    assert len(listed(queries, "/round/7/contribution", 2, start=outside).entries) == 2
    assert not listed(queries, "/round/7/contribution", 2, start=b"\xff").entries


def test_masks_and_coins_are_two_lists_of_one_table(store: Store, queries: Queries) -> None:
    digest, coin = keys.mask(5, bytes(32)), keys.mask(5, bytes(8))
    commit(store, {digest: b"d", coin: b"c"})
    commit(store, {digest: b"dd", coin: b"cc"})
    for height, times in ((5, 1), (6, 2)):
        assert [entry.value for entry in listed(queries, "/key/5/mask", height).entries] == [b"d" * times]
        assert [entry.value for entry in listed(queries, "/key/5/coin", height).entries] == [b"c" * times]


def test_what_cannot_be_asked_is_refused_with_a_sentence(queries: Queries) -> None:
    with pytest.raises(BadQuery, match="a list cannot be proven: the tree knows keys by their hashes"):
        queries.answer("/round", b"", 0, True)
    with pytest.raises(BadQuery, match="leave the prefix empty"):
        listed(queries, "/round", prefix=b"a")
    with pytest.raises(BadQuery, match="leave the data empty"):
        queries.answer("/round/7", b"x", 0, False)
    with pytest.raises(HeightNotKept, match="heights 1 to 4"):
        listed(queries, "/round", 5)
    with pytest.raises(HeightNotKept, match="heights 1 to 3"):
        queries.answer("/round/7", b"", 4, True)
    with pytest.raises(UnknownPath, match=r"there is no path ./nothing.*/bulk, /chain"):
        queries.answer("/nothing", b"", 0, False)


def test_nothing_is_proven_of_an_empty_tree(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", create=True) as store:
        store.commit(store.prepare(1, {keys.PARAMS: b"params"}, {}, ()))
        asked = Queries(store, "chain")
        assert asked.answer("/params", b"", 0, False).value == b"params"
        with pytest.raises(HeightNotKept, match="before the second block"):
            asked.answer("/params", b"", 0, True)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    """A store that hostile queries leave as it is."""
    with Store.open(tmp_path_factory.mktemp("asked") / "store", create=True) as store:
        commit(store, {keys.round_(7): Round(id=7).SerializeToString()})
        commit(store, {keys.round_(8): Round(id=8).SerializeToString()})
        yield Queries(store, "assay-test")


_PARTS = st.sampled_from([part for route in ROUTES for part, kind in route.segments if kind is None])
_PATHS = st.lists(_PARTS | st.integers(-1, 2**65).map(str) | st.text(max_size=70)).map(
    lambda parts: "/" + "/".join(parts)
)


@given(
    _PATHS | st.sampled_from(["/store/key", "/store/range", "/bulk", "/round", "/round/7"]),
    st.binary(max_size=300)
    | st.builds(lambda start: PageRequest(start=start).SerializeToString(), st.binary()),
    st.integers(-2, 4),
    st.booleans(),
)
def test_whatever_is_asked_is_answered_or_refused(
    asked: Queries, path: str, data: bytes, height: int, prove: bool
) -> None:
    with suppress(QueryError):
        answer = asked.answer(path, data, height, prove)
        assert (answer.proof is not None) == prove
