"""Following a chain at a node that may lie, be pruned, or be on another chain."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.client.light.forge import (
    BLOCK_SECONDS,
    START,
    FakeRpc,
    Raw,
    Step,
    chain,
    damaged,
    equal,
    header_hash,
    leaves,
    with_header,
)

from assay.client import BadResponse, ClientError, NodeUnreachable
from assay.client.home import Home, HomeError
from assay.client.light import client as light_module
from assay.client.light import told
from assay.client.light.client import LightClient
from assay.client.light.errors import (
    BadTrust,
    Conflict,
    HeaderInvalid,
    NotEnoughTrust,
    OutOfDate,
    TrustExpired,
)
from assay.client.light.header import NANOSECONDS
from assay.client.light.told import Witnesses
from assay.client.light.trust import Trust, TrustStore, parse_trust
from assay.client.light.verify import TrustRules

TOP = 64
NOW = START + (TOP + 5) * BLOCK_SECONDS * NANOSECONDS


def steady(height: int = TOP) -> dict[int, Raw]:
    return chain([Step(equal(0, 1, 2, 3))] * height)


def drifting(height: int = TOP) -> dict[int, Raw]:
    """One of four validators is replaced with every eighth block."""
    return chain([Step(equal(*(n // 8 + other for other in range(4)))) for n in range(height)])


STEADY, DRIFTING = steady(), drifting()


def follow(
    blocks: dict[int, Raw], *, first: int = 1, store: TrustStore | None = None, **options: Any
) -> tuple[LightClient, FakeRpc]:
    rpc: Any = FakeRpc(blocks, options.pop("page", 100))
    now = options.pop("now", NOW)
    trust = Trust(first, options.pop("hash", None) or header_hash(blocks[first]))
    return LightClient(rpc, trust, store=store, clock=lambda: now, **options), rpc


async def test_a_steady_chain_is_skipped_over() -> None:
    light, rpc = follow(STEADY)
    header = await light.header(TOP)
    assert header.hash == header_hash(STEADY[TOP])
    assert rpc.asked == [1, TOP]
    await light.header(TOP)
    assert rpc.asked == [1, TOP]


async def test_where_validators_change_the_middle_is_asked_for() -> None:
    light, rpc = follow(DRIFTING)
    assert (await light.header(TOP)).hash == header_hash(DRIFTING[TOP])
    assert 3 < len(rpc.asked) < 20
    assert rpc.asked[:3] == [1, TOP, 32]


async def test_validators_come_in_pages() -> None:
    light, _ = follow(STEADY, page=100)
    assert await light.header(5)
    many = chain([Step(equal(*range(20)))] * 3)
    light, _ = follow(many, page=light_module._VALIDATORS_PER_PAGE)
    assert await light.header(3)


async def test_older_headers_are_followed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    light, rpc = follow(STEADY, first=60)
    for height in (20, 59, 1, 40):
        assert (await light.header(height)).hash == header_hash(STEADY[height])
    assert rpc.asked == [60]
    light, _ = follow(STEADY, first=60)
    monkeypatch.setattr(light_module, "_MOST_BACK", 30)
    with pytest.raises(NotEnoughTrust, match="header 29 lies 31 before the oldest"):
        await light.header(29)


def forged_from(height: int, people: Sequence[int] = (10, 11, 12)) -> dict[int, Raw]:
    """The honest chain, whose later blocks somebody with other keys has made up."""
    steps = [Step(equal(0, 1, 2, 3))] * height + [Step(equal(*people))] * (TOP - height)
    return {**STEADY, **{number: raw for number, raw in chain(steps).items() if number > height}}


@pytest.mark.parametrize("height", [1, 31, 62])
async def test_a_made_up_chain_of_other_validators_is_noticed(height: int) -> None:
    light, rpc = follow(forged_from(height))
    with pytest.raises(HeaderInvalid, match="validators are not those that the header before has named"):
        await light.header(TOP)
    assert len(rpc.asked) < 20


async def test_a_node_that_hides_what_is_in_between_gets_no_trust() -> None:
    made_up = forged_from(1)
    light, _ = follow({height: made_up[height] for height in (1, TOP)})
    with pytest.raises(
        NotEnoughTrust, match=r"0 of 40 voting power .* Header 32 could show .* is not available"
    ):
        await light.header(TOP)


async def test_an_older_header_that_is_made_up_is_noticed() -> None:
    spoiled = {**STEADY, 30: drifting()[30]}
    light, _ = follow(spoiled, first=60)
    with pytest.raises(HeaderInvalid, match="header 30 cannot be trusted: it is not the one"):
        await light.header(25)
    assert (await light.header(31)).hash == header_hash(STEADY[31])


async def test_the_header_given_to_trust_must_be_the_node_s() -> None:
    light, _ = follow(DRIFTING, first=9, hash=header_hash(STEADY[9]))
    with pytest.raises(HeaderInvalid, match="the node is on another chain or lies"):
        await light.header(20)
    with pytest.raises(HeaderInvalid):  # nothing of it is remembered
        await light.chain_id()


async def test_a_node_without_the_trusted_header_is_of_no_use() -> None:
    light, rpc = follow(STEADY, first=40)
    del rpc.blocks[40]
    with pytest.raises(BadResponse, match=r"does not give the trusted header 40 \(.*dropped that block"):
        await light.header(50)


async def test_a_header_of_another_height_is_not_taken() -> None:
    light, _ = follow({**STEADY, 30: STEADY[29]})
    with pytest.raises(BadResponse, match="asked for header 30, the node sent header 29"):
        await light.header(30)
    light, _ = follow({**STEADY, 30: STEADY[29]}, first=40)
    with pytest.raises(BadResponse, match="does not give the headers"):
        await light.header(30)


@pytest.mark.parametrize("damage", [{}, {"header": {}}, {"header": None, "commit": None}, []])
async def test_answers_of_another_form_are_refused(damage: Any) -> None:
    light, _ = follow({**STEADY, 30: {"signed_header": damage, "validators": []}})
    with pytest.raises(BadResponse):
        await light.header(30)


async def test_whatever_a_node_sends_ends_with_a_sentence(seed: int) -> None:
    """Damage to the first block or a later one, and things that JSON can hold and a header cannot."""
    draw = random.Random(seed)
    made = chain([Step(equal(0, 1, 2, 3))] * 5)
    odd = (
        "\ud800",
        [],
        {},
        True,
        1e300,
        -1,
        "\x00",
        "9" * 40,
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59Z",
    )
    for _ in range(400):
        height = draw.choice((1, 5))
        spoiled = damaged(draw, made[height])
        if draw.random() < 0.5:
            parent, key = draw.choice(list(leaves(spoiled)))
            parent[key] = draw.choice(odd)
        light, _ = follow({**made, height: spoiled}, hash=header_hash(made[1]))
        with suppress(ClientError):
            assert (await light.header(5)).hash == header_hash(made[5])
            assert (await light.header(3)).hash == header_hash(made[3])


async def test_headers_followed_back_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of one old height are proven by many questions, and the way there is gone once."""
    monkeypatch.setattr(light_module, "_HEADERS_KEPT", 8)
    light, rpc = follow(STEADY, first=60)
    await light.header(10)
    before = rpc.calls
    for height in (10, 11, 60, 10):
        assert (await light.header(height)).hash == header_hash(STEADY[height])
    assert rpc.calls == before
    assert len(light._headers) <= 8
    assert (await light.header(40)).hash == header_hash(STEADY[40])


# --- a node that lags ----------------------------------------------------------


async def test_what_a_node_calls_its_latest_state_may_be_a_little_old() -> None:
    light, _ = follow(STEADY)
    await light.latest(TOP)
    assert (await light.latest(TOP - 10)).height == TOP - 10


async def test_an_old_state_does_not_pass_for_the_latest(tmp_path: Path) -> None:
    store = TrustStore(Home(tmp_path))
    light, _ = follow(STEADY, store=store)
    await light.header(TOP)
    with pytest.raises(OutOfDate, match=f"latest state is that of block 40 of .*, though block {TOP} of"):
        await light.latest(40)
    await light.close()
    again, _ = follow(STEADY, store=store)
    with pytest.raises(OutOfDate):
        await again.latest(40)
    assert (await again.header(40)).height == 40  # for who asks for it


async def test_expired_trust_vouches_for_no_latest_state() -> None:
    late, _ = follow(STEADY, first=40, now=NOW + 4 * 86400 * NANOSECONDS)
    for height in (40, 39):
        assert await late.header(height)
        with pytest.raises(OutOfDate, match="holds newer blocks back"):
            await late.latest(height)


# --- witnesses -----------------------------------------------------------------


def forked(height: int) -> dict[int, Raw]:
    """The same chain, but that its validators have signed other blocks from a height on, too."""
    other = chain([Step(equal(0, 1, 2, 3), header=with_header(app_hash=bytes(32)))] * TOP)
    return {number: raw if number < height else other[number] for number, raw in STEADY.items()}


async def test_witnesses_that_have_the_same_headers_change_nothing() -> None:
    others: list[Any] = [FakeRpc(STEADY), FakeRpc(STEADY)]
    light, _ = follow(STEADY, witnesses=Witnesses(others))
    for height in (40, 20, 60, 60):
        assert (await light.header(height)).hash == header_hash(STEADY[height])
    assert [other.calls for other in others] == [2, 2]  # what lies below a header is in its hash


async def test_a_witness_with_another_header_is_told(tmp_path: Path) -> None:
    """More than a third of the validators have signed two chains, which the rules cannot notice."""
    store, others = TrustStore(Home(tmp_path)), [FakeRpc(STEADY), FakeRpc(forked(30))]
    unaware, _ = follow(forked(30))
    assert await unaware.header(50)
    for blocks in (STEADY, forked(30)):
        light, _ = follow(blocks, store=store, witnesses=Witnesses(others))  # type: ignore[arg-type]
        assert await light.header(29)
        for _ in range(2):
            with pytest.raises(Conflict, match=r"header 50 has the hash .* but the witness http://fake"):
                await light.header(50)
        await light.close()
        kept = store.load(light.trust)
        assert kept is None or kept.block().height < 30


async def test_a_witness_may_be_some_blocks_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "_PAUSE_SECONDS", 0.01)
    slow: Any = FakeRpc({height: raw for height, raw in STEADY.items() if height < 30})
    light, _ = follow(STEADY, witnesses=Witnesses([slow]))
    with pytest.raises(NodeUnreachable, match=r"the witness http://fake does not give header 40 .* caught"):
        await light.header(40)
    slow.blocks |= STEADY
    assert await light.header(40)


async def test_what_was_kept_is_compared_with_new_witnesses(tmp_path: Path) -> None:
    store = TrustStore(Home(tmp_path))
    cheated, _ = follow(forked(30), store=store)
    await cheated.header(50)
    await cheated.close()
    other: Any = FakeRpc(STEADY)
    light, _ = follow(forked(30), store=store, witnesses=Witnesses([other]))
    with pytest.raises(Conflict):
        await light.header(40)


# --- trust that is kept ------------------------------------------------------


async def test_the_newest_verified_header_is_kept(tmp_path: Path) -> None:
    store = TrustStore(Home(tmp_path))
    light, _ = follow(DRIFTING, store=store)
    await light.header(40)
    await light.header(20)
    await light.close()
    (file,) = (tmp_path / "trust").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    again, rpc = follow(DRIFTING, store=store)
    assert (await again.header(41)).hash == header_hash(DRIFTING[41])
    assert rpc.asked == [41]
    await light.close()  # an older one does not take its place
    assert store.load(again.trust) == store.load(light.trust)


async def test_a_node_on_another_chain_is_noticed_with_what_was_kept(tmp_path: Path) -> None:
    store = TrustStore(Home(tmp_path))
    light, _ = follow(STEADY, store=store)
    await light.header(40)
    await light.close()
    rpc: Any = FakeRpc(drifting())
    cheated = LightClient(rpc, light.trust, store=store, clock=lambda: NOW)
    with pytest.raises(HeaderInvalid):
        await cheated.header(60)


async def test_nothing_is_kept_of_what_did_not_hold(tmp_path: Path) -> None:
    light, _ = follow(forged_from(31), store=TrustStore(Home(tmp_path)))
    with pytest.raises(HeaderInvalid):
        await light.header(TOP)
    await light.close()
    kept = TrustStore(Home(tmp_path)).load(light.trust)
    assert kept is not None
    assert kept.block().height <= 31


async def test_expired_trust_is_told_before_the_node_is_asked(tmp_path: Path) -> None:
    store = TrustStore(Home(tmp_path))
    light, _ = follow(STEADY, store=store)
    await light.header(40)
    await light.close()
    late, rpc = follow(STEADY, store=store, now=NOW + 4 * 86400 * NANOSECONDS)
    with pytest.raises(TrustExpired, match="older than the trusting period of 3 days"):
        await late.header(50)
    assert rpc.asked == []
    patient, _ = follow(STEADY, store=store, now=NOW, rules=TrustRules(period=10 * 86400 * NANOSECONDS))
    assert await patient.header(50)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("validators"),
        lambda document: document["validators"].pop(),
        lambda document: document["signed_header"]["header"].update(app_hash="00"),
        lambda document: document.update(version=2),
        lambda document: document["signed_header"].update(commit=None),
    ],
)
async def test_a_damaged_file_is_named(tmp_path: Path, change: Any) -> None:
    store = TrustStore(Home(tmp_path))
    light, _ = follow(STEADY, store=store)
    await light.header(40)
    await light.close()
    (file,) = (tmp_path / "trust").iterdir()
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    again, _ = follow(STEADY, store=store)
    with pytest.raises(HomeError, match=f"{file.name} is damaged; remove it"):
        await again.header(41)


@pytest.mark.parametrize(
    "text", ["", "7", "7:", ":" + "00" * 32, "0:" + "00" * 32, "-1:" + "00" * 32, "7:" + "0g" * 32]
)
def test_what_names_no_header_is_refused(text: str) -> None:
    with pytest.raises(BadTrust, match="expected HEIGHT:HASH"):
        parse_trust(text)


def test_a_trust_is_written_as_it_is_read() -> None:
    text = "7:" + "AB" * 32
    assert str(parse_trust(text)) == str(parse_trust(text.lower())) == text
