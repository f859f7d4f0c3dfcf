import pytest

from assay.node.doctor import log
from assay.node.doctor.findings import Level
from assay.node.home import Home

START = 'I[2026-11-21] service start module=main msg="Starting Node service" impl=Node\n'
WRONG = 'E[2026-11-21] Error in validation module=blocksync err="wrong Block.Header.AppHash.  Expected 00"\n'


def test_a_node_that_never_ran_has_no_log(home: Home) -> None:
    assert list(log.symptoms(home)) == []


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        (WRONG, "assayd rollback"),
        ('E[..] err="conflicting vote from ourselves; did you unsafe_reset a validator?"', "at once"),
        ("panic: write /x/000001.log: no space left on device", "free some room"),
        (
            "ERROR: failed to create node: error with private validator socket client: can't get pubkey",
            "start the signer",
        ),
    ],
)
def test_what_is_known_has_a_remedy(home: Home, message: str, remedy: str) -> None:
    home.cometbft_log.write_text(START + message)
    (found,) = log.symptoms(home)
    assert (found.level, remedy in found.remedy) == (Level.WRONG, True)


def test_what_was_before_the_last_start_is_over(home: Home) -> None:
    home.cometbft_log.write_text(START + WRONG + START + "I[2026-11-21] executed block\n")
    assert [each.level for each in log.symptoms(home)] == [Level.OK]


def test_only_the_end_of_a_long_log_is_read(home: Home) -> None:
    home.cometbft_log.write_text(WRONG + "I[2026-11-21] executed block\n" * 50_000)
    assert [each.level for each in log.symptoms(home)] == [Level.OK]
