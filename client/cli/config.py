"""``assay config``: settings that are kept."""

from __future__ import annotations

import click
from rich.text import Text

from assay.client.cli.session import DEFAULT_NODE, Session, pass_session
from assay.client.cli.tables import new_table
from assay.client.light.trust import parse_trust
from assay.client.light.verify import DEFAULT_HOURS, parse_period
from assay.client.rpc import base_url
from assay.client.settings import SETTINGS


@click.group(short_help="Settings kept in the home directory.")
def config() -> None:
    """Settings kept in the home directory; options and environment variables go before them."""


@config.command("list")
@pass_session
def list_(session: Session) -> None:
    """Show all settings."""
    made = session.settings.all()
    table = new_table("setting", "value", "meaning", title=str(session.home.path))
    defaults = {"node": DEFAULT_NODE, "output": "text", "trusting-period": DEFAULT_HOURS}
    for name, meaning in SETTINGS.items():
        shown = Text(made[name]) if name in made else Text(defaults.get(name, ""), style="dim")
        table.add_row(name, shown, meaning)
    session.emit({"home": str(session.home.path), "settings": made}, table)


@config.command()
@click.argument("name", type=click.Choice(list(SETTINGS)))
@pass_session
def get(session: Session, name: str) -> None:
    """Show one setting."""
    value = session.settings.get(name)
    session.emit({name: value}, value or "")


@config.command("set")
@click.argument("name", type=click.Choice(list(SETTINGS)))
@click.argument("value")
@pass_session
def set_(session: Session, name: str, value: str) -> None:
    """Make a setting."""
    if name == "node":
        value = base_url(value)
    if name == "witness":
        value = " ".join(map(base_url, value.split()))
    if name == "output" and value not in ("text", "json"):
        raise click.BadParameter("output is text or json")
    if name == "trust":
        value = str(parse_trust(value))
    if name == "trusting-period":
        parse_period(value)
    if name == "key":
        session.keystore().info(value)
    session.settings.set(name, value)
    session.emit({name: value}, f"{name} = {value}")


@config.command()
@click.argument("name", type=click.Choice(list(SETTINGS)))
@pass_session
def unset(session: Session, name: str) -> None:
    """Take a setting back."""
    session.settings.unset(name)
    session.emit({name: None}, f"{name} is not set any more")
