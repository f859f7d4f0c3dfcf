"""``assay model``: publish models, and read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.text import Text

from assay.client.cli.parameters import CSV_FILE, from_option, hex32, text
from assay.client.cli.sending import result_document, send
from assay.client.cli.session import Session, pass_session
from assay.client.cli.show import provenance
from assay.client.cli.tables import new_table
from assay.client.messages import post_model
from assay.client.train import evaluate, sgd
from assay.client.train.errors import BadData
from assay.client.train.manifest import (
    KIND_NAMES,
    KINDS,
    Floats,
    from_fixed,
    make_model,
    output_count,
    split,
    weights,
    with_weights,
)
from assay.client.train.table import column, load, numbers, read_table
from assay.crypto.accounts import encode_address
from assay.proto.model_pb2 import MODEL_KIND_LINEAR_REGRESSION, Model
from assay.state.rules.models import model_id as id_of

_MOST_CLASSES = 100


@click.group()
def model() -> None:
    """Models: post one, list and show them, save weights."""


@model.command(short_help="Post a model with the columns of DATA.")
@click.argument("data", type=CSV_FILE)
@click.option("--name", type=text, required=True, help="Name for people.")
@click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="What is trained.")
@click.option("--target", type=text, required=True, help="Column to predict; all others are inputs.")
@click.option("--licence", type=text, default="", help="Licence of the model.")
@click.option("--terms", type=text, default="", help="Terms for contributors.")
@click.option("--train/--no-train", default=False, help="Start from weights trained on DATA, not from zero.")
@from_option
@pass_session
def post(session: Session, /, data: Path, train: bool, key: str | None, **fields: str) -> None:
    """Post a model whose columns and standardisation come from the CSV file DATA.

    DATA itself stays on this machine. The model's manifest holds the names of its columns, and the mean and
    standard deviation of each input column.
    """
    draft = draft_model(data, fields["name"], fields["kind"], fields["target"])
    draft.licence, draft.terms = fields["licence"], fields["terms"]
    if train:
        draft = with_weights(draft, sgd.train(draft, load(data, draft)))
    account = session.signer(key)
    ident = id_of(account.address, draft)
    question = f"Post {KIND_NAMES[draft.kind]} {draft.name!r} with {len(draft.weights)} parameters?"
    result = send(session, account, [post_model(draft)], question)
    if result is not None:
        document = {"model": ident.hex(), "transaction": result_document(result)}
        session.emit(document, f"model {ident.hex()} posted in block {result.height}")


def draft_model(path: Path, name: str, kind: str, target: str) -> Model:
    """Return a model with zero weights for a CSV file's columns."""
    table = read_table(path)
    if target not in table.columns:
        raise BadData(f"{path} has no column {target!r} to be the target; it has {', '.join(table.columns)}")
    columns = [item for item in table.columns if item != target]
    classes: list[str] = []
    if KINDS[kind] != MODEL_KIND_LINEAR_REGRESSION:
        classes = sorted(set(column(table, target)))
        if not 2 <= len(classes) <= _MOST_CLASSES:
            raise BadData(
                f"column {target!r} has {len(classes)} different values; a classifier's target has "
                f"2 to {_MOST_CLASSES}"
            )
    return make_model(name, KINDS[kind], columns, numbers(table, columns), target, classes)


@model.command("list")
@pass_session
def list_(session: Session) -> None:
    """List all posted models."""
    records = session.run(lambda client: client.query.models()).value
    table = new_table(
        "model", "name", "kind", "parameters", "owner", "height", title="models, as the node says"
    )
    rows = []
    for record in records:
        item = record.model
        kind = KIND_NAMES.get(item.kind, "other")
        owner = encode_address(record.owner)
        table.add_row(record.id.hex(), item.name, kind, str(len(item.weights)), owner, str(record.height))
        rows.append({"model": record.id.hex(), "name": item.name, "kind": kind, "owner": owner})
    session.emit(rows, table if rows else "models, as the node says: none")


@model.command()
@click.argument("model_id", metavar="MODEL", type=hex32)
@pass_session
def show(session: Session, model_id: bytes) -> None:
    """Show a model's manifest."""
    answer = session.run(lambda client: client.query.model(model_id))
    item = answer.value.model
    title = f"{item.name}: {KIND_NAMES.get(item.kind, 'other')} of {item.target!r}, {provenance(answer)}"
    table = new_table("column", "mean", "scale", *_outputs(item), title=title)
    coef, intercept = split(item, weights(item))
    for place, feature in enumerate(item.features):
        numbers_ = (from_fixed(feature.mean), from_fixed(feature.scale), *coef[:, place])
        table.add_row(feature.name, *(f"{number:.6g}" for number in numbers_))
    table.add_row(Text("intercept", style="dim"), "", "", *(f"{number:.6g}" for number in intercept))
    session.emit(
        {"height": answer.height, "verified": answer.verified, "model": weights_document(item)}, table
    )


@model.command()
@click.argument("model_id", metavar="MODEL", type=hex32)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def save(session: Session, model_id: bytes, file: Path) -> None:
    """Write a model's weights and manifest to FILE as JSON."""
    item = session.run(lambda client: client.query.model(model_id)).value.model
    file.write_text(json.dumps(weights_document(item), indent=2) + "\n", encoding="utf-8")
    session.emit({"file": str(file)}, f"wrote {file}")


@model.command("evaluate")
@click.argument("model_id", metavar="MODEL", type=hex32)
@click.argument("data", type=CSV_FILE)
@click.option("--weights", "file", type=CSV_FILE, help="Weights written by `bounty collect --save`.")
@click.option("--target", help="Name of the target column in DATA.")
@pass_session
def evaluate_(session: Session, model_id: bytes, data: Path, file: Path | None, target: str | None) -> None:
    """Say how good a model's weights are on the CSV file DATA."""
    item = session.run(lambda client: client.query.model(model_id)).value.model
    parameters = weights(item)
    if file is not None:
        parameters = read_weights(file, len(parameters))
    rows = load(data, item, target)
    score, loss = evaluate.score(item, parameters, rows), evaluate.loss(item, parameters, rows)
    name = evaluate.score_name(item)
    session.emit({name: score, "loss": loss, "rows": len(rows.y)}, f"{name} {score:.4f}, loss {loss:.4f}")


def read_weights(file: Path, count: int) -> Floats:
    """Return the parameters in a file that `weights_document` was written to, shape (count,).

    Raises
    ------
    BadData
        If it is not such a file, or of another model.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        found = np.array([*np.ravel(document["coef"]), *document["intercept"]], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        raise BadData(f"{file} is not a file of weights; `assay bounty collect --save` writes them") from None
    if len(found) != count:
        raise BadData(f"{file} has {len(found)} weights, the model has {count}; is it of another model?")
    return found


def _outputs(item: Model) -> list[str]:
    return ["weight"] if output_count(item) == 1 else [f"weight {label}" for label in item.classes]


def weights_document(item: Model) -> dict[str, Any]:
    """Return a model as plain values, numbers as numbers."""
    coef, intercept = split(item, weights(item))
    return {
        "name": item.name,
        "kind": KIND_NAMES.get(item.kind, "other"),
        "target": item.target,
        "classes": list(item.classes),
        "features": [feature.name for feature in item.features],
        "mean": [from_fixed(feature.mean) for feature in item.features],
        "scale": [from_fixed(feature.scale) for feature in item.features],
        "coef": coef.tolist(),
        "intercept": intercept.tolist(),
        "licence": item.licence,
        "terms": item.terms,
    }
