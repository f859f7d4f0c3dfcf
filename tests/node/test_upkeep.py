"""Going back by one height: application, CometBFT, and the record of what was signed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.node import cometbft, upkeep
from assay.node.chainstate import first_state
from assay.node.cli.commands import assayd
from assay.node.committee.identity import read_consensus_key
from assay.node.home import Home
from assay.proto.state_pb2 import Validator, ValidatorSets
from assay.state.rules import keys
from assay.state.store import Store, StoreError

HEIGHT = 5


@pytest.fixture
def home(tmp_path: Path) -> Home:
    path = tmp_path / "home"
    assert CliRunner().invoke(assayd, ["--home", str(path), "init", "--param", "preset=small"]).exit_code == 0
    cometbft.write_signed(path, HEIGHT + 1)
    return Home(path)


def execute(home: Home, *joined: bytes) -> None:
    """Execute blocks; in the last one further validators come into the set."""
    with Store.open(home.store, create=True) as store:
        view, _ = first_state(home.genesis())
        for height in range(1, HEIGHT + 1):
            view.put(b"~", b"%d" % height)
            if height == HEIGHT:
                sets = view.require(ValidatorSets, keys.VALIDATOR_SETS)
                sets.sets[0].validators.extend(Validator(public_key=key) for key in joined)
                view.save(keys.VALIDATOR_SETS, sets)
            store.commit(store.prepare(height, view.changes))


@pytest.fixture
def go_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., upkeep.RolledBack]:
    """Go back; CometBFT goes to a height, by default the one before, and says what its header has."""

    def back(to: int = HEIGHT - 1, app_hash: bytes = b"", *, hard: bool = False) -> upkeep.RolledBack:
        with Store.open(home.store) as store:
            root = app_hash or store.root_at(min(to, HEIGHT))
        key = read_consensus_key(home.path).public_key
        monkeypatch.setattr(cometbft, "rollback", lambda *_, **__: (to, root))
        monkeypatch.setattr(cometbft, "validator_key", lambda *_: key)
        return upkeep.rollback(home, Path("cometbft"), hard=hard)

    return back


@pytest.mark.parametrize(("hard", "signed"), [(False, HEIGHT + 1), (True, HEIGHT - 1)])
def test_the_only_validator_makes_a_removed_block_anew(
    home: Home, go_back: Callable[..., upkeep.RolledBack], hard: bool, signed: int
) -> None:
    execute(home)
    done = go_back(hard=hard)
    assert (done.before, done.height) == (HEIGHT, HEIGHT - 1)
    assert cometbft.signed_height(home.path) == signed


def test_once_others_have_joined_what_was_signed_is_never_forgotten(
    home: Home, go_back: Callable[..., upkeep.RolledBack]
) -> None:
    execute(home, bytes(32))
    go_back(hard=True)
    assert cometbft.signed_height(home.path) == HEIGHT + 1


def test_a_node_that_has_gone_back_already_is_told_how_to_go_further(
    home: Home, go_back: Callable[..., upkeep.RolledBack]
) -> None:
    """CometBFT goes back from a block that it has executed, and from no other."""
    execute(home)
    with pytest.raises(StoreError, match=r"stood at height 5 already.* executes block 6 again.* --hard"):
        go_back(HEIGHT)
    assert go_back(HEIGHT, hard=True).height == HEIGHT


def test_an_application_that_is_behind_is_not_said_to_agree(
    home: Home, go_back: Callable[..., upkeep.RolledBack]
) -> None:
    execute(home)
    with pytest.raises(
        StoreError, match=r"at height 5, and CometBFT at 7: .* executes the blocks in between"
    ):
        go_back(HEIGHT + 2)


def test_another_app_hash_is_no_agreement(home: Home, go_back: Callable[..., upkeep.RolledBack]) -> None:
    execute(home)
    with pytest.raises(StoreError, match="restore a backup"):
        go_back(app_hash=bytes(32))
