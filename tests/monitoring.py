"""Reads the files of config/ that Prometheus and Grafana are given."""

import json
import subprocess
from pathlib import Path
from typing import Any


def promcheck(repository: Path, *arguments: str, given: str = "") -> str:
    """Run the program that has Prometheus's parsers; raises what subprocess does."""
    command = [str(repository / "out" / "bin" / "promcheck"), *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


def rules_file(repository: Path) -> str:
    return str(repository / "config" / "alerts.yml")


def alerts(repository: Path) -> list[dict[str, Any]]:
    """The alert rules, each with the metrics its expression names."""
    found: list[dict[str, Any]] = json.loads(promcheck(repository, "rules", rules_file(repository)))
    return found


def dashboard(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repository / "config" / "grafana-dashboard.json").read_text())
    return found


def expressions(repository: Path) -> list[str]:
    """The expressions of the dashboard's panels."""
    panels = dashboard(repository)["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def metrics_in_use(repository: Path) -> set[str]:
    """Every metric that an alert or a panel names, but `up`, which Prometheus makes itself."""
    panels = json.loads(promcheck(repository, "metrics", given=json.dumps(expressions(repository))))
    named = {name for names in panels for name in names}
    return (named | {name for rule in alerts(repository) for name in rule["metrics"]}) - {"up"}
