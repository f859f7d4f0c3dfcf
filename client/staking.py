"""Typed queries of proof of stake: validators, delegations, what they earn and what they lose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from assay.client.addresses import Address, raw_address, text
from assay.client.errors import ProofInvalid
from assay.client.records import Answer, NoSuchRecord
from assay.client.typed import TypedReader, again
from assay.crypto.accounts import address_of, encode_address
from assay.proto.staking_pb2 import (
    BOND_STATUS_BONDED,
    CommunityPool,
    Delegation,
    RedelegationEntry,
    SigningInfo,
    SlashRecord,
    UnbondingEntry,
    ValidatorRecord,
    ValidatorRewards,
    WithdrawAddress,
)
from assay.proto.state_pb2 import Account
from assay.state.rules import keys
from assay.state.rules.rewards import pending
from assay.state.rules.shares import decode_whole, tokens_of

E = TypeVar("E", UnbondingEntry, RedelegationEntry)


@dataclass(frozen=True)
class Holding:
    """A delegation, and what it is worth after one block.

    Attributes
    ----------
    delegation, validator, rewards
        The records, all of one height.
    """

    delegation: Delegation
    validator: ValidatorRecord
    rewards: ValidatorRewards

    @property
    def tokens(self) -> int:
        """What its shares are worth, in uasy."""
        shares, whole = self.ratio
        return tokens_of(shares, self.validator.tokens, whole)

    @property
    def ratio(self) -> tuple[int, int]:
        """Its shares, and all of the validator's."""
        return decode_whole(self.delegation.shares), decode_whole(self.validator.shares)

    @property
    def reward(self) -> int:
        """What it has earned and nobody has withdrawn, in uasy: computed here, by the chain's own rule."""
        return pending(self.delegation, self.rewards)


@dataclass(frozen=True)
class Pool:
    """Where stake lies, in uasy.

    Attributes
    ----------
    bonded
        With validators of the set.
    not_bonded
        With other validators, and on its way out.
    """

    bonded: int
    not_bonded: int


class Staking(TypedReader):
    """What the chain holds of proof of stake.

    Every record is proven, unless the client was made with ``verify=False``;
    `Answer.verified` says so. A list is put together by the node. That none is
    missing from it is known only where its method says so.
    """

    # --- validators ------------------------------------------------------------

    async def validator(self, operator: Address, *, height: int = 0) -> Answer[ValidatorRecord]:
        """Return the validator of an operator."""
        raw = raw_address(operator)
        missing = f"{encode_address(raw)} is no validator's operator"
        return await self._one(ValidatorRecord, keys.validator(raw), missing, height)

    async def operator_of(self, consensus_address: bytes) -> bytes:
        """Return the operator of the validator that CometBFT knows by an address of 20 bytes."""
        found = await self.reader.value(keys.consensus_address(consensus_address), prove=self._verify)
        if not found.value:
            what = f"no validator has the consensus address {consensus_address.hex()}"
            raise NoSuchRecord(what, found.height, found.verified)
        return found.value

    async def validators(self) -> Answer[list[ValidatorRecord]]:
        """Return all validators, most stake first.

        Verified means that none of the set is missing: the stake of those that are bonded adds up to what the
        pool of bonded stake holds.
        """
        return await again(self._validators)

    async def _validators(self) -> Answer[list[ValidatorRecord]]:
        pool = await self._maybe(Account, keys.account(keys.BONDED_POOL))
        found = await self._listed(ValidatorRecord, "/validator", pool.height)
        bonded = sum(item.tokens for item in found if item.status == BOND_STATUS_BONDED)
        if self._verify and bonded != pool.value.balance:
            raise ProofInvalid(
                f"the node listed bonded validators with {bonded} uasy; after block {pool.height} the pool "
                f"of bonded stake holds {pool.value.balance} uasy"
            )
        found.sort(key=lambda item: (-item.tokens, item.operator))
        return Answer(found, pool.height, pool.verified)

    async def pool(self) -> Answer[Pool]:
        """Return how much stake is bonded and how much is not."""
        bonded = await self._maybe(Account, keys.account(keys.BONDED_POOL))
        other = await self._maybe(Account, keys.account(keys.NOT_BONDED_POOL), bonded.height)
        return Answer(Pool(bonded.value.balance, other.value.balance), bonded.height, bonded.verified)

    # --- delegations -----------------------------------------------------------

    async def delegation(self, delegator: Address, validator: Address, *, height: int = 0) -> Answer[Holding]:
        """Return what an account has delegated to a validator."""
        sender, operator = raw_address(delegator), raw_address(validator)
        missing = f"{encode_address(sender)} has delegated nothing to {encode_address(operator)}"
        found = await self._one(Delegation, keys.delegation(sender, operator), missing, height)
        holdings = await self._holdings([found.value], found.height)
        return Answer(holdings[0], found.height, found.verified)

    async def own_stake(self, validator: Answer[ValidatorRecord]) -> int:
        """Return what a validator's operator has delegated to it at the record's height, in uasy."""
        place = keys.delegation(validator.value.operator, validator.value.operator)
        found = await self._maybe(Delegation, place, validator.height)
        return Holding(found.value, validator.value, ValidatorRewards()).tokens

    async def delegations(self, delegator: Address) -> Answer[list[Holding]]:
        """Return all that an account has delegated, by validator."""
        path = f"/delegation/{text(delegator)}"

        async def read() -> Answer[list[Holding]]:
            height = await self.reader.provable_height()
            found = await self._listed(Delegation, path, height)
            return Answer(await self._holdings(found, height), height, self._verify)

        return await again(read)

    async def delegations_to(self, validator: Address) -> Answer[list[Holding]]:
        """Return all delegations to a validator, most shares first.

        Verified means that none is missing: their shares add up to the validator's.
        """
        operator = raw_address(validator)
        return await again(lambda: self._delegations_to(operator))

    async def _delegations_to(self, operator: bytes) -> Answer[list[Holding]]:
        record = await self.validator(operator)
        path = f"/validator/{encode_address(operator)}/delegator"
        found = await self._listed(Delegation, path, record.height, _delegation_of)
        if self._verify:
            _check_shares(found, record)
        rewards = await self._maybe(ValidatorRewards, keys.rewards(operator), record.height)
        found.sort(key=lambda item: (-decode_whole(item.shares), item.delegator))
        holdings = [Holding(item, record.value, rewards.value) for item in found]
        return Answer(holdings, record.height, record.verified)

    async def _holdings(self, found: Sequence[Delegation], height: int) -> list[Holding]:
        """Return delegations with the records of their validators, all of one height."""
        operators = {item.validator for item in found}
        records = {operator: (await self.validator(operator, height=height)).value for operator in operators}
        rewards = {
            operator: (await self._maybe(ValidatorRewards, keys.rewards(operator), height)).value
            for operator in operators
        }
        return [Holding(item, records[item.validator], rewards[item.validator]) for item in found]

    # --- on the way out ----------------------------------------------------------

    async def unbonding(self, delegator: Address) -> Answer[list[UnbondingEntry]]:
        """Return what an account takes out, first what is free first."""
        path = f"/unbonding-by/{text(delegator)}"
        return await self._entries(UnbondingEntry, path, keys.unbonding)

    async def redelegations(self, delegator: Address) -> Answer[list[RedelegationEntry]]:
        """Return what an account has moved and what still answers for its first validator."""
        path = f"/redelegation-by/{text(delegator)}"
        return await self._entries(RedelegationEntry, path, keys.redelegation)

    async def _entries(self, kind: type[E], path: str, place: Callable[[int], bytes]) -> Answer[list[E]]:
        async def read() -> Answer[list[E]]:
            height = await self.reader.provable_height()
            found = await self._listed(kind, path, height, lambda key: place(keys.parse_entry(key)))
            found.sort(key=lambda item: (item.completes, item.id))
            return Answer(found, height, self._verify)

        return await again(read)

    # --- rewards -----------------------------------------------------------------

    async def rewards(self, validator: Address) -> Answer[ValidatorRewards]:
        """Return a validator's rewards that nobody has withdrawn, the operator's commission among them."""
        record = await self.validator(validator)
        return await self._maybe(ValidatorRewards, keys.rewards(record.value.operator), record.height)

    async def withdraw_address(self, delegator: Address) -> Answer[bytes]:
        """Return the account that is paid a delegator's rewards: its own, unless it has named another."""
        raw = raw_address(delegator)
        found = await self._maybe(WithdrawAddress, keys.withdraw_address(raw))
        return Answer(found.value.address or raw, found.height, found.verified)

    async def community_pool(self) -> Answer[CommunityPool]:
        """Return what the community pool holds."""
        return await self._maybe(CommunityPool, keys.COMMUNITY_POOL)

    # --- misbehaviour --------------------------------------------------------------

    async def signing_info(self, validator: Address) -> Answer[SigningInfo]:
        """Return how a validator's consensus key has signed; an empty record if it has not missed a block."""
        record = await self.validator(validator)
        place = keys.signing_info(address_of(record.value.public_key))
        return await self._maybe(SigningInfo, place, record.height)

    async def slashes(self, validator: Address = b"") -> Answer[list[SlashRecord]]:
        """Return what was taken from one validator, or from all, latest first."""
        path = f"/slash/{text(validator)}" if validator else "/slash"

        async def read() -> Answer[list[SlashRecord]]:
            height = await self.reader.provable_height()
            found = await self._listed(SlashRecord, path, height)
            found.sort(key=lambda item: -item.id)
            return Answer(found, height, self._verify)

        return await again(read)


def _delegation_of(listed: bytes) -> bytes:
    """Return the key of the delegation that an entry of a validator's delegators stands for."""
    operator, delegator = listed[1 : 1 + keys.ADDRESS_BYTES], listed[1 + keys.ADDRESS_BYTES :]
    return keys.delegation(delegator, operator)


def _check_shares(found: Sequence[Delegation], record: Answer[ValidatorRecord]) -> None:
    listed, whole = sum(decode_whole(item.shares) for item in found), decode_whole(record.value.shares)
    if listed != whole:
        raise ProofInvalid(
            f"the node listed delegations of {listed} shares; after block {record.height} the validator's "
            f"delegations hold {whole}"
        )
