"""What a block tells of consensus keys is heeded first, before anything that stands in it."""

from __future__ import annotations

from tests.state.conftest import CHAIN_ID
from tests.state.stake import ASY, Stakers

from assay.crypto import accounts
from assay.proto.tx_pb2 import Message, MsgUndelegate, TxBody
from assay.state import invariants
from assay.state.context import Misbehavior, Vote
from assay.state.envelope import AccountTx, decode
from assay.state.transition import Block, BlockResult, execute
from assay.state.validators import signing


def run(chain: Stakers, *entries: AccountTx, absent: int = 0, guilty: int = 0) -> BlockResult:
    """Execute a block with the evidence against one validator, and without the vote of another."""
    votes = [Vote(chain.address(number), 40, number != absent) for number in range(3)]
    evidence = [Misbehavior(chain.address(guilty), chain.height - 1, 40)]
    block = Block(chain.height, entries, [], {}, votes=votes, misbehavior=evidence)
    return execute(chain.view, CHAIN_ID, block)


def undelegation(chain: Stakers, number: int, amount: int) -> AccountTx:
    operator = chain.stakers[number]
    message = Message(undelegate=MsgUndelegate(validator=operator.address, amount=amount))
    body = TxBody(messages=[message], gas_limit=10_000, fee=1_000)
    entry = decode(accounts.sign_tx(operator, CHAIN_ID, body.SerializeToString()), CHAIN_ID, 1 << 20)
    assert isinstance(entry, AccountTx)
    entry.verify()
    return entry


def test_a_block_slashes_by_its_evidence_before_its_entries_and_changes_the_set_at_its_end() -> None:
    chain = Stakers(stakes=(40 * ASY, 30 * ASY, 20 * ASY))
    chain.end_block(3)
    result = run(chain, undelegation(chain, 0, 39 * ASY), absent=1, guilty=0)
    assert result.tx_results[0].code != 0, "less is left than was to leave"
    assert chain.validator(0).tokens == 38 * ASY
    assert [(update.address, update.power) for update in result.validator_updates] == [(chain.address(0), 0)]
    assert signing.is_tombstoned(chain.view, chain.address(0))
    assert signing.load(chain.view, chain.address(1)).missed == 1
    invariants.check_all(chain.view)


def test_the_power_of_a_vote_is_stake_that_may_have_left_since() -> None:
    """What left in the block before the one that was signed twice had given that vote its power already."""
    chain = Stakers(stakes=(40 * ASY, 30 * ASY, 20 * ASY))
    chain.end_block(3)
    signed = chain.height + 1
    chain.undelegate(chain.stakers[0], 0, 10 * ASY)
    chain.end_block(2)
    assert chain.signing(signed)[chain.address(0)] == 40
    assert chain.signing(signed + 1)[chain.address(0)] == 30
    run(chain, absent=1, guilty=0)
    (entry,) = chain.leaving(chain.stakers[0], 0)
    assert chain.height - 1 == signed
    assert entry.balance == 10 * ASY - 500_000
    assert chain.validator(0).tokens == 30 * ASY - 1_500_000
