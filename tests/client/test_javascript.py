"""The JavaScript example of docs/rpc.md against the real state machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.client.devnode import ALICE
from tests.javascript import NODE

from assay.crypto.accounts import generate
from assay.proto import tx_pb2


def test_the_example_s_protobuf_is_that_of_the_published_files(repository: Path) -> None:
    """What it writes parses as the messages of proto/, and it reads what they serialise to."""
    body = tx_pb2.TxBody(sequence=2**64 - 1, gas_limit=127, fee=128, timeout_height=0, memo="é" * 100)
    body.messages.add().transfer.CopyFrom(tx_pb2.MsgTransfer(recipient=bytes(range(20)), amount=1))
    payload = bytes(300)
    whole = tx_pb2.Message(reveal=tx_pb2.MsgReveal(round_id=1, reserve=3, payload=payload))
    texts = [message.SerializeToString().hex() for message in (body, whole)]
    script = f"""
        import {{ decode, encode }} from {json.dumps((repository / "docs/examples/protobuf.mjs").as_uri())};
        const again = (hex) => encode(decode(Buffer.from(hex, "hex"))).toString("hex");
        console.log({json.dumps(texts)}.map(again).join(" "));
    """
    command = [NODE, "--input-type=module", "--eval", script]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert found.returncode == 0, found.stderr
    first, second = (bytes.fromhex(text) for text in found.stdout.split())
    assert tx_pb2.TxBody.FromString(first) == body
    assert tx_pb2.Message.FromString(second) == whole


def test_the_example_transfers_subscribes_and_queries(url: str, repository: Path) -> None:
    script = repository / "docs" / "examples" / "transfer.mjs"
    recipient = generate().address.hex()
    host = url.removeprefix("http://")
    for sent in (1, 2):
        command = [NODE, str(script), host, ALICE.seed.hex(), recipient, str(500_000 * sent)]
        found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert found.returncode == 0, found.stderr
        answer = json.loads(found.stdout)
        assert answer["code"] == 0
        assert int(answer["balance"]) == sum(500_000 * n for n in range(1, sent + 1))
