"""Looks for known faults in what this repository depends on: `make audit`.

Ends with 0 if everything was looked up and nothing was found, with 1 if something is wrong, and with 2 if
nothing is wrong as far as could be seen but an advisory database could not be reached: an audit that could
not look is no clean one.

What needs no network: the installed Python packages fit together and are the pinned ones, and every Go module
in the cache has the hash that go.sum names. What needs it: PyPI's advisories for constraints.txt (pip-audit,
in a virtual environment of its own below out/audit), and the Go vulnerability database for the programs that
were built (govulncheck).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "out" / "audit"
PIP_AUDIT = "pip-audit>=2.7,<3"
GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.1.4"
GO_MODULES = ("cometbft", "cometbft-v038", "ics23", "light", "promcheck")
SECONDS = 600

OK, UNREACHABLE, WRONG = "ok", "not looked up", "wrong"


@dataclass(frozen=True)
class Result:
    """What one check found."""

    verdict: str
    text: str


def run(command: Sequence[str | Path], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env={**os.environ, **environment},
        cwd=ROOT,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1][:300] if lines else f"ended with code {done.returncode} and no word"


def pins() -> dict[str, str]:
    """The versions in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = (line.partition("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name.strip(): rest.split(";")[0].split()[0] for name, _, rest in found}


def packages_fit() -> Result:
    done = run([sys.executable, "-m", "pip", "check"])
    return Result(OK if done.returncode == 0 else WRONG, f"pip check: {last_line(done)}")


def packages_are_pinned(wanted: dict[str, str]) -> Result:
    other = []
    for name, pinned in wanted.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue  # a pin of something that was not needed here
        if found != pinned:
            other.append(f"{name} {found} instead of {pinned}")
    if other:
        return Result(WRONG, f"not as constraints.txt says: {', '.join(other)}; run `make setup`")
    return Result(OK, "every installed Python package is of the version that constraints.txt says")


def modules_have_their_hashes() -> Iterator[Result]:
    for module in GO_MODULES:
        done = run([ROOT / "tools" / "go.sh", "-C", ROOT / "tools" / module, "mod", "verify"])
        yield Result(
            OK if done.returncode == 0 else WRONG, f"Go modules of tools/{module}: {last_line(done)}"
        )


def python_advisories(count: int) -> Result:
    """Ask PyPI about every pinned package."""
    program = PLACE / "venv" / "bin" / "pip-audit"
    if not program.exists():
        made = run([sys.executable, "-m", "venv", PLACE / "venv"])
        made = made if made.returncode else run([program.with_name("pip"), "install", "-q", PIP_AUDIT])
        if made.returncode:
            return Result(UNREACHABLE, f"pip-audit could not be installed: {last_line(made)}")
    done = run([program, "--disable-pip", "--no-deps", "--format", "json", "-r", "constraints.txt"])
    return judge_python(done.stdout, last_line(done), count)


def judge_python(answer: str, words: str, count: int) -> Result:
    """Judge pip-audit's answer; a package it could not ask about is no clean one."""
    try:
        found = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Result(UNREACHABLE, f"PyPI's advisories could not be had: {words}")
    faults = [
        f"{each['name']} {each['version']}: {', '.join(fault['id'] for fault in each['vulns'])}"
        for each in found
        if each.get("vulns")
    ]
    if faults:
        return Result(WRONG, f"known faults: {'; '.join(faults)}")
    asked = sum("vulns" in each for each in found)
    if asked < count:
        return Result(UNREACHABLE, f"PyPI's advisories could be had for {asked} of {count} Python packages")
    return Result(OK, f"PyPI knows of no fault in {asked} Python packages")


def go_advisories() -> Iterator[Result]:
    """Ask the Go vulnerability database about the programs that were built."""
    program = PLACE / "govulncheck"
    if not program.exists():
        made = run([ROOT / "tools" / "go.sh", "install", GOVULNCHECK], GOBIN=str(PLACE))
        if made.returncode:
            yield Result(UNREACHABLE, f"govulncheck could not be installed: {last_line(made)}")
            return
    for name in ("cometbft", "cometbft-v0.38"):
        done = run([program, "-mode=binary", "-format=openvex", ROOT / "out" / "bin" / name])
        yield judge_go(name, done.returncode, done.stdout, last_line(done))


def judge_go(name: str, code: int, answer: str, words: str) -> Result:
    """Judge govulncheck's answer (OpenVEX)."""
    try:
        statements = json.loads(answer)["statements"] or []
    except (ValueError, KeyError, TypeError):
        statements = None
    if code or statements is None:
        return Result(UNREACHABLE, f"the Go vulnerability database could not be asked about {name}: {words}")
    faults = [each["vulnerability"]["name"] for each in statements if each["status"] == "affected"]
    if faults:
        return Result(WRONG, f"known faults in what {name} calls: {', '.join(sorted(faults))}")
    return Result(OK, f"the Go vulnerability database knows of no fault in what {name} calls")


def examine() -> Iterator[Result]:
    wanted = pins()
    yield packages_fit()
    yield packages_are_pinned(wanted)
    yield from modules_have_their_hashes()
    yield python_advisories(len(wanted))
    yield from go_advisories()


def main() -> int:
    PLACE.mkdir(parents=True, exist_ok=True)
    verdicts = []
    for result in examine():
        verdicts.append(result.verdict)
        print(f"{result.verdict:<14} {result.text}", flush=True)
    if WRONG in verdicts:
        return 1
    if UNREACHABLE in verdicts:
        print(
            "This audit is not complete: an advisory database could not be reached. Run it where it can be."
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
