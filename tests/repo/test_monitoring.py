"""What config/ gives to Prometheus and Grafana is read by Prometheus's own parsers.

That the metrics named there exist is tested on a real node: tests/e2e/test_metrics.py.
"""

import json
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from tests.monitoring import alerts, dashboard, expressions, promcheck

from assay.node.settings import template

SEVERITIES = {"page", "ticket"}


def test_alert_rules_parse_and_say_what_to_do(repository: Path) -> None:
    found = alerts(repository)
    names = [rule["alert"] for rule in found]
    assert len(names) == len(set(names)) >= 20
    for rule in found:
        assert rule["labels"]["severity"] in SEVERITIES, rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
        assert rule["annotations"]["description"].endswith((".", "?")), rule["alert"]
        assert rule["metrics"], rule["alert"]


def test_a_rule_that_is_wrong_is_noticed(repository: Path, tmp_path: Path) -> None:
    text = (repository / "config" / "alerts.yml").read_text()
    for right, wrong in (("assay_peers == 0", "assay_peers == == 0"), ("for: 1m", "for: soon")):
        path = tmp_path / "alerts.yml"
        path.write_text(text.replace(right, wrong, 1))
        with pytest.raises(subprocess.CalledProcessError):
            promcheck(repository, "rules", str(path))


def test_the_scrape_config_names_the_rules_and_the_ports(repository: Path) -> None:
    config = json.loads(promcheck(repository, "yaml", str(repository / "config" / "prometheus.yml")))
    assert config["rule_files"] == ["alerts.yml"]
    jobs = {job["job_name"]: job["static_configs"][0] for job in config["scrape_configs"]}
    assert set(jobs) == {"assay", "cometbft"}
    assert all(job["labels"] == {"chain": "assay"} for job in jobs.values())
    assert jobs["assay"]["targets"][0] in template("assayd.toml")
    assert jobs["cometbft"]["targets"] == ["127.0.0.1:26660"]


def test_the_jobs_that_alerts_and_panels_name_are_scraped(repository: Path) -> None:
    texts = [rule["expr"] for rule in alerts(repository)] + expressions(repository)
    assert {job for text in texts for job in re.findall(r'job="(\w+)"', text)} == {"assay"}


def test_every_panel_has_its_place_and_its_expressions_parse(repository: Path) -> None:
    panels: list[dict[str, Any]] = dashboard(repository)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    found = json.loads(promcheck(repository, "metrics", given=json.dumps(expressions(repository))))
    assert all(found)


def test_every_variable_a_panel_uses_is_defined(repository: Path) -> None:
    text = json.dumps(dashboard(repository)["panels"])
    used = set(re.findall(r"\$\{?([a-z_]+)\}?", text))
    defined = {item["name"] for item in dashboard(repository)["templating"]["list"]}
    assert used == defined
