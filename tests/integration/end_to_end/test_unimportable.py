"""Real code that cannot be imported, on a real server: the live version continues to answer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.end_to_end.conftest import Home, free_port
from tests.support.sample_stack import ROOT

pytestmark = pytest.mark.emulator

CONFIG = """\
name: shop
environment: dev
region: us-east-1
layers: {packages: {source: layer}}
functions: {items: {source: function, handler: HANDLER, layers: LAYERS}}
api: {stage: v1, routes: {GET /: items}}
monitoring: {alarms: {function_errors: 1}}
"""
ALIAS = "function.items.alias"


@dataclass
class Begun:
    """The results of the first `up`, with code that cannot be imported, and of its repair."""

    failed: dict[str, str]
    aliases: list[Any]
    live: tuple[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Yield a home with an emulator of its own, and nothing on it."""
    path = tmp_path_factory.mktemp("shop")
    (path / "function").mkdir()
    shutil.copytree(ROOT / "layer", path / "layer")
    made = Home(path, free_port())
    try:
        yield made
    finally:
        made.provision("local", "reset")


@pytest.fixture(scope="module", autouse=True)
def begun(shop: Home) -> Begun:
    """Return a shop with a live version, so that tests can run in any order."""
    write(shop, "app.handler", app="import nobody_has_this\n" + answers("one"))
    first = failed(shop.provision("up", "--local", "--yes", "--json", code=9))
    aliases = shop.client("lambda").list_aliases(FunctionName="shop-local-items")["Aliases"]
    write(shop, "app.handler", app=answers("one"))
    shop.provision("up", "--local", "--yes")
    return Begun(first, aliases, live(shop))


def write(shop: Home, handler: str, *, layers: str = "[]", **modules: str) -> None:
    """Write config.yaml and the function's folder with only these modules."""
    config = CONFIG.replace("HANDLER", handler).replace("LAYERS", layers)
    (shop.path / "config.yaml").write_text(config)
    folder = shop.path / "function"
    shutil.rmtree(folder)
    folder.mkdir()
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)


def answers(word: str) -> str:
    return f"def handler(event, context):\n    return {word!r}\n"


def live(shop: Home) -> tuple[str, Any]:
    """Return the version that callers reach, and its answer."""
    client = shop.client("lambda")
    answer = client.invoke(FunctionName="shop-local-items", Qualifier="live", Payload=b"{}")
    alias = client.get_alias(FunctionName="shop-local-items", Name="live")
    return alias["FunctionVersion"], json.loads(answer["Payload"].read())


def failed(document: str) -> dict[str, str]:
    found = {r["node"]: r["error"] for r in json.loads(document)["resources"]}
    return {node: error["message"] for node, error in found.items() if error}


def test_a_first_up_stops_before_callers_and_ends_once_it_is_mended(begun: Begun) -> None:
    assert list(begun.failed) == [ALIAS]
    assert "version 1 cannot be imported: Runtime.ImportModuleError" in begun.failed[ALIAS]
    assert "nobody_has_this" in begun.failed[ALIAS]
    assert begun.aliases == []
    assert begun.live == ("2", "one")


@pytest.mark.parametrize(
    "app",
    [
        "import nobody_has_this\n" + answers("bad"),
        "raise ValueError('at the top')\n" + answers("bad"),
        "import sys\nsys.exit(3)\n" + answers("bad"),
    ],
    ids=["import", "raise", "exit"],
)
def test_what_is_live_goes_on_answering(shop: Home, app: str) -> None:
    before = live(shop)
    write(shop, "app.handler", app=app)
    for command in (("push", "--local", "--json"), ("up", "--local", "--yes", "--json")):
        told = failed(shop.provision(*command, code=9))
        assert list(told) == [ALIAS]
        assert "cannot be imported" in told[ALIAS]
        assert live(shop) == before
    (alarm,) = shop.client("cloudwatch").describe_alarms(
        AlarmNames=["shop-local-function-items-errors"]
    )["MetricAlarms"]
    assert alarm["StateValue"] == "OK", "no caller met it"


def test_a_syntax_error_in_a_second_module_is_told_before_anything_is_called(shop: Home) -> None:
    before = live(shop)
    write(shop, "app.handler", app="import second\n" + answers("two"), second="x = 1\n\ndef (:\n")
    for command in (
        ("config", "check"),
        ("plan", "--local"),
        ("up", "--local", "--yes"),
        ("push", "--local"),
    ):
        assert "function/second.py:3: " in shop.failing(3, *command)
    assert live(shop) == before
    shop.provision("status", "--local")  # shows the live version during any edit


@pytest.mark.parametrize(
    ("handler", "modules"),
    [
        ("app.handler", {"app": "from second import *\n", "second": answers("a star")}),
        ("my-app.handler", {"my-app": answers("a hyphen")}),
        ("app.handler", {"app": answers("vendored"), "vendored": 'print "python 2"\n'}),
    ],
    ids=["star", "hyphen", "vendored"],
)
def test_what_lambda_takes_goes_live(shop: Home, handler: str, modules: dict[str, str]) -> None:
    write(shop, handler, **modules)
    shop.provision("up", "--local", "--yes")
    assert live(shop)[1] in " ".join(modules.values())


def test_a_handler_in_a_layer(shop: Home) -> None:
    in_layer = "aws_lambda_powertools.shared.functions"
    write(shop, f"{in_layer}.nothing", layers="[packages]", app=answers("not asked"))
    assert "functions.py of the layer defines no nothing" in shop.failing(3, "plan", "--local")
    write(shop, f"{in_layer}.strtobool", layers="[packages]", app=answers("not asked"))
    shop.provision("up", "--local", "--yes")
    plan = json.loads(shop.provision("plan", "--local", "--json"))
    assert {r["action"] for r in plan["resources"]} == {"keep", "skip"}
