"""`assayd doctor`: everything that can be looked at without stopping anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from assay.node.doctor import chain, files, log, machine, network, self_tests
from assay.node.doctor.findings import Finding, Level
from assay.node.home import Home, open_home

_COLOURS: Final = {Level.OK: "green", Level.NOTE: "yellow", Level.WRONG: "red"}


@click.command(short_help="Look for whatever is wrong with a node and its machine.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--quick", is_flag=True, help="Leave out the self-test of the homomorphic engine.")
@click.pass_obj
def doctor(home: Path, output: str, quick: bool) -> None:
    """Look for whatever is wrong with a node and its machine, running or not; nothing is changed.

    Each line says what was found and, unless it is well, what to do next. Ends with 1 if anything is wrong; a
    note alone is no failure.
    """
    found = []
    for finding in examine(open_home(home), quick=quick):
        found.append(finding)
        if output == "text":
            _show(finding)
    if output == "json":
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    if any(finding.level is Level.WRONG for finding in found):
        raise SystemExit(1)


def examine(home: Home, *, quick: bool) -> Iterator[Finding]:
    """Yield all findings, what is quick first."""
    yield from machine.versions(home)
    yield from machine.limits()
    yield from machine.clock()
    yield from machine.disk(home)
    yield from files.modes(home)
    yield from files.genesis(home)
    yield from files.identity(home)
    yield from files.signed(home)
    yield from files.exposure(home)
    if home.is_running():
        yield from asyncio.run(network.running(home))
    else:
        yield from network.ports(home)
    yield from log.symptoms(home)
    yield from chain.store(home)
    yield from self_tests.signatures()
    if not quick:
        yield from asyncio.run(self_tests.engine())


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:<6}", fg=_COLOURS[finding.level])
    click.echo(f"{level} {finding.subject:<16} {finding.text}")
    if finding.remedy:
        click.echo(f"{'':<6} {'':<16} → {finding.remedy}")
