"""What docs/hardening.md has for other programs is whole, and names the ports, files and users of ours."""

import configparser
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from tests.e2e.pages.page import Page, docs

from assay.node.settings import template

Tree = dict[str, "str | Tree"]


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "hardening.md")


def parse(text: str) -> Tree:
    """Read what nginx and nftables have in common: words, then a value's end or a block in braces."""
    tokens = re.findall(r"\{ [^{}\n]* \}|\"[^\"]*\"|[{};\n]|[^\s{};\"]+", re.sub(r"#[^\n]*", "", text))
    tree, rest = _block(tokens)
    assert rest == [], rest
    return tree


def _block(tokens: list[str]) -> tuple[Tree, list[str]]:
    found: Tree = {}
    words: list[str] = []
    while tokens and tokens[0] != "}":
        first, *tokens = tokens
        if first == "{":
            found[" ".join(words)], tokens = _block(tokens)
            assert tokens, f"{words} has no end"
            tokens = tokens[1:]
        elif first not in (";", "\n"):
            words.append(first)
            continue
        elif words:
            found[words[0] if first == ";" else " ".join(words)] = " ".join(words[1:])
        words = []
    return found, tokens


def test_the_firewall_leaves_the_peers_port_open_and_nothing_else(page: Page) -> None:
    (text,) = page.block("nft")
    table = parse(text)["table inet node"]
    assert isinstance(table, dict)
    chain = table["chain input"]
    assert isinstance(chain, dict)
    assert {"type", "policy"} <= set(chain)
    ports = [line for line in chain if "dport" in line]
    assert ports == ["tcp dport { 22, 26656 } accept"]
    assert "ct state established,related accept" in chain
    assert "iif lo accept" in chain


def test_the_proxy_takes_what_the_node_takes(page: Page) -> None:
    (text,) = page.block("nginx")
    assert all(line.split("#")[0].strip()[-1:] in (";", "{", "}", "") for line in text.splitlines())
    found = parse(text)
    server = found["server"]
    assert isinstance(server, dict)
    location = server["location /"]
    assert isinstance(location, dict)
    assert location["proxy_pass"] == "http://127.0.0.1:26657"
    largest = tomllib.loads(template("cometbft.toml"))["rpc"]["max_body_bytes"]
    assert int(str(server["client_max_body_size"]).removesuffix("m")) * 2**20 >= largest
    zones = re.findall(r"zone=(\w+):", text)
    assert str(location["limit_req"]).startswith(f"zone={zones[0]} ")
    assert str(location["limit_conn"]).split()[0] == zones[1]


def test_the_user_and_the_home_are_those_of_the_unit(page: Page, repository: Path) -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(repository / "config" / "assayd.service")
    service = unit["Service"]
    program, _, home, *_ = shlex.split(service["ExecStart"])
    typed = [shlex.split(each.text) for each in page.commands("A user of its own, files of its own")]
    useradd, copy, install, init, enable = typed
    assert useradd[-1] == service["User"]
    assert useradd[useradd.index("--home-dir") + 1] == install[-1] == home
    assert install[install.index("-m") + 1] == service["StateDirectoryMode"]
    assert init[:6] == ["sudo", "-u", service["User"], program, "--home", home]
    assert (repository / copy[2]).is_file()
    assert enable[-1] == Path(copy[2]).stem


def test_what_is_not_whole_is_noticed() -> None:
    with pytest.raises(AssertionError, match="no end"):
        parse("server {\n listen 1;\n")
    with pytest.raises(AssertionError, match="}"):
        parse("server { }\n}\n")
