from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.node.genesis import consensus_params, genesis_document, write_genesis
from assay.node.home import Home, HomeError

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def test_the_document_is_cometbfts() -> None:
    document = genesis_document("assay-1", {"accounts": []}, NOON)
    assert document["genesis_time"] == "2030-01-02T12:00:00.000000Z"
    assert document["initial_height"] == "1"
    assert document["app_state"] == {"accounts": []}
    assert "validators" not in document


def test_the_consensus_parameters_let_the_application_choose_its_block() -> None:
    parameters = genesis_document("c", {}, NOON)["consensus_params"]
    assert parameters["block"] == {"max_bytes": "-1", "max_gas": "-1"}
    assert int(parameters["evidence"]["max_bytes"]) < 8_000_000
    assert parameters["evidence"]["max_age_duration"] == str(48 * 3600 * 10**9)
    assert parameters["abci"] == {"vote_extensions_enable_height": "1"}
    assert parameters["validator"] == {"pub_key_types": ["ed25519"]}
    later = genesis_document("c", {}, NOON, 77)
    assert (later["initial_height"], later["consensus_params"]) == ("77", consensus_params(77))
    assert later["consensus_params"]["abci"] == {"vote_extensions_enable_height": "77"}


@pytest.mark.parametrize("chain_id", ["", "Assay", "a b", "x" * 51, "-a", "ä"])
def test_a_chain_id_that_invites_mistakes_is_refused(chain_id: str) -> None:
    with pytest.raises(ValueError, match="cannot be a chain id"):
        genesis_document(chain_id, {})


def test_a_genesis_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="cannot write"):
        write_genesis(Home(tmp_path / "none"), {})
