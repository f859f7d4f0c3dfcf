"""How well the payout formula follows what retraining says the data were worth.

``python bench/fidelity.py [--quick]`` prints tables. For each round of `retraining` the chain's division, by
`payout.divide` from the integer scalars of the updates, is held against exact Shapley values of retraining.
So are three simpler rules: equal parts, by rows, in proportion to alignment alone. One round is carried out
under encryption, to see that the opened scalars divide the bounty alike, to the masks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

import numpy as np
from noise import Committee
from pairs import Row, figure, row
from retraining import SETTINGS, Round, Setting, make_round, shapley
from scipy.stats import pearsonr, spearmanr  # type: ignore[import-untyped]  # it has none

from assay.client.train.manifest import Floats
from assay.crypto import bounds, scoring
from assay.crypto.ckks import packing
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.engine import Engine
from assay.crypto.committee.score import MaskKind
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.state.rules.params import LEAST_PAID
from assay.state.rules.payout import Outcome, Payout, Score, divide

SEEDS: Final = 10
BOUNTY: Final = 1_000_000_000
COMMITTEE: Final = 4
QUICK_SETS: Final = ("diabetes", "wine")
#: What a prototype had found, as the mean over four data sets.
PROTOTYPE: Final = 0.86


@dataclass(frozen=True)
class Scalars:
    """What the chain would open: all scores and the reference's norm, in units of a preset."""

    scores: tuple[Score, ...]
    reference_norm: int

    def division(self) -> Payout:
        """The chain's division of the bounty."""
        return divide(BOUNTY, self.scores, self.reference_norm, LEAST_PAID)

    def numbers(self) -> list[int]:
        """All of them in a row."""
        return [self.reference_norm, *(s.alignment for s in self.scores), *(s.aggregate for s in self.scores)]


def exact_scalars(updates: Sequence[Floats], reference: Floats, preset: Preset) -> Scalars:
    """The scalars of the updates' fixed-point integers, without masks and noise."""
    own = [packing.quantise(values, preset).astype(object) for values in updates]
    held = packing.quantise(reference, preset).astype(object)
    total = np.sum(own, axis=0)
    scores = tuple(Score(4 * int(g @ held), 4 * int(g @ total), 0) for g in own)
    return Scalars(scores, 4 * int(held @ held))


def opened_scalars(updates: Sequence[Floats], reference: Floats, committee: Committee) -> Scalars:
    """The same scalars encrypted under a committee's key, multiplied by TenSEAL, and opened."""
    preset, engine = committee.preset, Engine(committee.preset)
    relin = engine.load_relin_key(committee.relin)
    payloads = [
        encrypt(
            packing.pack(packing.quantise(v, preset), preset), *committee.public, preset, bytes([i]) * 32
        )[0]
        for i, v in enumerate((*updates, reference))
    ]
    summed = scoring.add_payloads(payloads[:-1], preset)
    *own, held, total = ([engine.load(c) for c in payload] for payload in (*payloads, summed))

    def opened(first: Any, second: Any) -> int:
        return committee.opened(scoring.score_product(engine, relin, first, second), MaskKind.SCORE)

    scores = tuple(Score(opened(g, held), opened(g, total), 0) for g in own)
    return Scalars(scores, opened(held, held))


@dataclass(frozen=True)
class Compared:
    """One round: shares of the bounty by several rules, and what retraining says.

    Attributes
    ----------
    paid
        The chain's amounts, divided by the bounty.
    uncut
        Its shares before negative ones become 0.
    worth
        Shapley values of the loss.
    accuracy
        Shapley values of the accuracy (or R2).
    rules
        Shares by simpler rules.
    flipped
        Places of owners all of whose labels are wrong.
    """

    paid: Floats
    uncut: Floats
    worth: Floats
    accuracy: Floats
    rules: dict[str, Floats]
    flipped: list[int]

    @property
    def fair(self) -> Floats:
        """Shares in proportion to the Shapley values of the loss, negative ones 0."""
        return _proportional(self.worth)

    def misplaced(self, shares: Floats) -> float:
        """The part of the bounty that some division gives to others than the Shapley values would."""
        return float(np.abs(shares - self.fair).sum() / 2)


def _proportional(weights: Any) -> Floats:
    cut = np.maximum(0.0, np.asarray(weights, dtype=np.float64))
    return np.asarray(cut / cut.sum(), dtype=np.float64)


def compare(made: Round) -> Compared:
    """Divide by every rule, and retrain on every union."""
    scalars = exact_scalars(made.updates(), made.reference(), STANDARD)
    division = scalars.division()
    if division.outcome is not Outcome.PAID:
        raise RuntimeError(f"a round of the bench was not paid: {division.outcome.value}")
    losses, scores = made.values()
    rules = {
        "equal": np.full(len(made.parts), 1 / len(made.parts)),
        "rows": _proportional(made.rows),
        "alignment": _proportional([score.alignment for score in scalars.scores]),
    }
    numerators = np.array([float(n) for n in division.numerators])
    flipped = [i for i, role in enumerate(made.roles) if role == "flipped"]
    paid = np.array(division.amounts) / BOUNTY
    return Compared(paid, numerators / numerators.sum(), shapley(losses), shapley(scores), rules, flipped)


def pearson(shares: Floats, worth: Floats) -> float:
    """Pearson's correlation."""
    return float(pearsonr(shares, worth)[0])


def spearman(shares: Floats, worth: Floats) -> float:
    """Spearman's correlation; equal shares have equal ranks."""
    return float(spearmanr(shares, worth)[0])


def averages(found: Sequence[Compared]) -> dict[str, float]:
    """Everything the table says of a setting and a data set, as means over seeds."""
    said = {
        "pearson_uncut": mean(pearson(c.uncut, c.worth) for c in found),
        "pearson_accuracy": mean(pearson(c.paid, c.accuracy) for c in found),
        "spearman": mean(spearman(c.paid, c.worth) for c in found),
        "misplaced": mean(c.misplaced(c.paid) for c in found),
    }
    for rule in found[0].rules:
        said[f"misplaced_{rule}"] = mean(c.misplaced(c.rules[rule]) for c in found)
    for rule in ("rows", "alignment"):  # equal parts correlate with nothing
        said[f"pearson_{rule}"] = mean(pearson(c.rules[rule], c.worth) for c in found)
        said[f"spearman_{rule}"] = mean(spearman(c.rules[rule], c.worth) for c in found)
    if found[0].flipped:
        said["flipped"] = mean(c.paid[c.flipped].sum() for c in found)
        said["flipped_fair"] = mean(c.fair[c.flipped].sum() for c in found)
        said["flipped_rows"] = mean(c.rules["rows"][c.flipped].sum() for c in found)
        said["flipped_highest"] = max(c.paid[c.flipped].sum() for c in found)
    return said


def row_of(setting: Setting, name: str, found: Sequence[Compared]) -> Row:
    """Correlation with retraining over seeds, and all averages."""
    correlations = [pearson(c.paid, c.worth) for c in found]
    made = row(
        f"fidelity: {setting.name}, {name}", "Pearson", "exact Shapley", [(r, 1.0) for r in correlations]
    )
    return made | {"value": mean(correlations), "setting": setting.name, "data_set": name, **averages(found)}


def overall(setting: Setting, of_sets: Sequence[Sequence[Compared]]) -> list[Row]:
    """Means over data sets, seed by seed: correlation, what goes amiss, and what the flipped get."""
    seeds = list(zip(*of_sets, strict=True))
    correlations = [(mean(pearson(c.paid, c.worth) for c in seed), 1.0) for seed in seeds]
    target = PROTOTYPE if setting is SETTINGS[0] else None
    made = row(f"fidelity: {setting.name}, all", "Pearson", "exact Shapley", correlations, target=target)
    made["value"] = mean(ours for ours, _ in correlations)
    pairs = [
        (mean(c.misplaced(c.paid) for c in seed), mean(c.misplaced(c.rules["rows"]) for c in seed))
        for seed in seeds
    ]
    rows = [made, _mean_row(f"misplaced: {setting.name}, all", "by rows", pairs)]
    if any(c.flipped for c in of_sets[0]):
        pairs = [
            (float(mean(c.paid[c.flipped].sum() for c in seed)), 1 / len(seed[0].paid)) for seed in seeds
        ]
        rows.append(_mean_row(f"paid to flipped: {setting.name}, all", "equal parts", pairs))
    return rows


def _mean_row(name: str, reference: str, pairs: Sequence[tuple[float, float]]) -> Row:
    made = row(name, "of the bounty", reference, pairs, lower_is_better=True)
    return made | {"value": mean(ours for ours, _ in pairs)}


def encrypted(name: str, preset: Preset) -> list[Row]:
    """One round in the clear and under encryption: how far masks and noise move scalars and amounts."""
    made = make_round(name, SETTINGS[0], 0)
    updates, reference = made.updates(), made.reference()
    exact = exact_scalars(updates, reference, preset)
    with tempfile.TemporaryDirectory() as directory:
        opened = opened_scalars(updates, reference, Committee(preset, COMMITTEE, Path(directory)))
    moved = max(abs(a - b) for a, b in zip(exact.numbers(), opened.numbers(), strict=True))
    amounts = zip(exact.division().amounts, opened.division().amounts, strict=True)
    shifted = max(abs(a - b) for a, b in amounts) / BOUNTY
    pair = (moved / preset.unit, bounds.slack(preset) / preset.unit)
    title = f"opened scalars of {name}, largest difference"
    return [
        row(title, "units", "tolerance", [pair], target=1.0, lower_is_better=True),
        figure(f"amounts of {name} moved by the masks, largest", shifted, "of the bounty"),
    ]


def run(*, quick: bool = False) -> list[Row]:
    """Measure every setting and data set; a quick run two seeds of two small data sets."""
    seeds, rows = 2 if quick else SEEDS, list[Row]()
    for setting in SETTINGS[:1] if quick else SETTINGS:
        names = QUICK_SETS if quick else setting.sets
        found = [[compare(make_round(name, setting, seed)) for seed in range(seeds)] for name in names]
        rows += [row_of(setting, name, of_set) for name, of_set in zip(names, found, strict=True)]
        rows += overall(setting, found)
    return rows + encrypted("wine", SMALL if quick else STANDARD)


CORRELATIONS: Final = {
    "pearson": "Pearson (min..max)",
    "spearman": "Spearman",
    "pearson_uncut": "Pearson before cutting",
    "pearson_accuracy": "Pearson, accuracy",
    "pearson_alignment": "alignment alone: Pearson",
    "pearson_rows": "by rows: Pearson",
    "spearman_rows": "Spearman",
}
DIVISIONS: Final = {
    "misplaced": "misplaced by the chain",
    "misplaced_alignment": "by alignment alone",
    "misplaced_rows": "by rows",
    "misplaced_equal": "in equal parts",
    "flipped": "paid to flipped",
    "flipped_highest": "at most",
    "flipped_fair": "Shapley",
    "flipped_rows": "by rows",
}


def table(rows: Sequence[Row], columns: dict[str, str], form: str) -> str:
    """Return columns of the rows that have a data set, in Markdown."""
    lines = [["setting", "data set", *columns.values()], ["---", "---", *["---:"] * len(columns)]]
    for found in (found for found in rows if "data_set" in found):
        cells = {key: format(found[key], form) for key in columns if key in found}
        if "pearson" in columns:
            cells["pearson"] = f"{found['value']:.2f} ({found['ratio_min']:.2f}..{found['ratio_max']:.2f})"
        lines.append([found["setting"], found["data_set"], *(cells.get(key, "") for key in columns)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the tables of docs/fidelity.md, and what has no place in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    rows = run(quick=parser.parse_args().quick)
    print(table(rows, CORRELATIONS, ".2f"), table(rows, DIVISIONS, ".0%"), sep="\n\n", end="\n\n")
    for found in rows:
        if found["name"].endswith((", all", "difference", "largest")):
            print(f"{found['name']}: {found['value']:.4g} {found['unit']}")


if __name__ == "__main__":
    main()
