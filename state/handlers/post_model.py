"""MsgPostModel: publish a model that bounties can improve."""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import ModelRecord, Params
from assay.proto.tx_pb2 import MsgPostModel
from assay.state.context import Context
from assay.state.rules import gas, keys
from assay.state.rules.errors import ModelExists
from assay.state.rules.models import model_id, validate_model


class PostModelHandler:
    """Rules of MsgPostModel."""

    def cost(self, message: MsgPostModel, params: Params) -> int:
        """Return the gas: one record read and written, and kept for good."""
        return gas.store_cost(1, 1) + gas.stored_cost(message.model.ByteSize())

    def check_form(self, message: MsgPostModel, params: Params) -> None:
        """Refuse a model that contradicts itself or does not fit a submission."""
        capacity = by_wire_id(params.preset).capacity
        validate_model(message.model, params.max_ciphertexts * capacity)

    def spends(self, ctx: Context, message: MsgPostModel) -> int:
        """Return zero: posting takes nothing but the fee."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgPostModel) -> None:
        """Refuse a model this owner has posted before."""
        ident = model_id(sender, message.model)
        if ctx.view.get(keys.model(ident)) is not None:
            raise ModelExists(f"model {ident.hex()} is already posted; open a round for it")

    def execute(self, ctx: Context, sender: bytes, message: MsgPostModel) -> None:
        """Write the model's record."""
        self.check(ctx, sender, message)
        ident = model_id(sender, message.model)
        record = ModelRecord(id=ident, owner=sender, height=ctx.height, model=message.model)
        ctx.view.save(keys.model(ident), record)
        ctx.emit("model", {"id": ident.hex(), "owner": encode_address(sender)}, name=message.model.name)
