"""The loaded values: the shipped file, defaults, imports, and all problems reported at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydantic
import pytest
import yaml

from provision.config import (
    Alarms,
    Capacity,
    ConfigInvalid,
    Expire,
    Retries,
    RouteParts,
    effective,
    load,
)
from tests.unit.config.sample import SAMPLE, changed, load_text

ROOT = Path(__file__).parents[3]

LEAST = """\
name: a
environment: b
region: us-gov-west-1
functions:
  f: {source: function, handler: app.handler}
api:
  routes: {GET /: f}
"""


@pytest.mark.parametrize("environment", [None, "local", "prod"])
def test_the_shipped_file_loads(environment: str | None) -> None:
    config = load(ROOT / "config.yaml", environment=environment)
    assert config.prefix == f"tap-{environment or 'dev'}"
    assert config.tables["items"].protect is (environment != "local")
    assert config.tables["items"].expire == Expire(attribute="expires_at", days=30)
    assert config.tags == {"Environment": "production"}
    assert config.api.throttle.rate == 1000


def test_the_least_file_and_its_defaults(path: Path) -> None:
    config = load_text(path, LEAST)
    function = config.functions["f"]
    assert config.network.zones == 2
    assert (function.memory, function.timeout, function.architecture) == (512, 10, "arm64")
    assert function.retries == Retries(attempts=2, max_age=3600)
    assert function.log.retention == 30
    assert config.api.keys == ("default",)
    assert config.api.cors is None
    assert config.monitoring.alarms == Alarms()
    assert Capacity() == Capacity(min=5, max=100, target=70)


def test_routes_are_taken_apart(path: Path) -> None:
    assert load_text(path, SAMPLE).api.route_list == (
        RouteParts("GET", "/items", "items", None, ()),
        RouteParts("POST", "/items", "items", "Item", ("kind",)),
        RouteParts("GET", "/items/{id}", "items", None, ()),
    )


def test_a_configuration_cannot_be_changed(path: Path) -> None:
    config = load_text(path, SAMPLE)
    with pytest.raises(pydantic.ValidationError):
        config.network.zones = 3


def test_several_of_everything(path: Path) -> None:
    text = changed(
        "  items:\n    key: id", "  orders: {key: id, sort_key: at}\n  items:\n    key: id"
    )
    text = changed("functions:\n", "functions:\n  orders: {source: function, "
                   "handler: app.handler, tables: {orders: read}}\n", text)  # fmt: skip
    text = changed("  routes:\n", "  routes:\n    PUT /orders/{id}/{rest+}: orders\n", text)
    config = load_text(path, text)
    assert list(config.tables) == ["orders", "items"]
    assert config.api.route_list[0].path == "/orders/{id}/{rest+}"


@pytest.mark.parametrize(
    "routes",
    [
        "GET /: f",
        "GET /{proxy+}: f",
        "GET /a/{id}: f, GET /a/{id}/b: f, GET /a/c: f",
        "GET /a/{id}: f, GET /b/{key}: f",
        "GET /{a}/x/{b}: f, GET /{a}/y/{c}: f",
        "HEAD /a.b_c-d: f, PATCH /a: f",
    ],
)
def test_routes_api_gateway_takes(path: Path, routes: str) -> None:
    text = changed(
        "{GET /: f}", "\n" + "\n".join(f"    {each}" for each in routes.split(", ")), LEAST
    )
    assert load_text(path, text).api.routes


def test_all_problems_at_once_in_the_order_of_the_file(path: Path) -> None:
    text = changed("region: us-east-1", "region: us-esat-1")
    text = changed("zones: 2", "zones: 9", text)
    text = changed("read: {min", "reed: {min", text)
    text = changed("{source: layer}", "{source: layr}", text)
    text = changed("[dependencies]", "[dependencis]", text)
    text = changed("timeout: 10", "timeout: soon\n    timeout: 5", text)
    text = changed("GET /items: items", "GET /items: itms", text)
    text = changed("{memory: 1024}", "{memory: lots}", text)
    path.write_text(text)
    with pytest.raises(ConfigInvalid) as caught:
        load(path, environment=None)
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [
        (3, "region"),
        (6, "network.zones"),
        (11, "tables.items.reed"),
        (15, "layers.dependencies.source"),
        (23, "functions.items.timeout"),
        (24, "functions.items.timeout"),
        (25, "functions.items.layers[0]"),
        (33, 'api.routes."GET /items"'),
        (50, "environments.prod.functions.items.memory"),
    ]
    assert str(caught.value).splitlines()[2] == (
        f'{path}:11: tables.items.reed: unknown key; did you mean "read"?'
    )
    assert caught.value.exit_code == 3
    assert caught.value.hint == f"Correct {path}, then: `provision config check`"


def test_the_values_in_effect_are_a_configuration(path: Path) -> None:
    config = load_text(path, SAMPLE, "prod")
    assert load_text(path, effective(config)) == config
    assert yaml.safe_load(effective(config))["account"] == "012345678901"


def test_loading_imports_no_boto3_and_importing_no_botocore() -> None:
    code = (
        "import sys; from pathlib import Path; from provision.config import load\n"
        "assert 'botocore' not in sys.modules, 'imported early'\n"
        "load(Path('config.yaml'), environment=None)\n"
        "assert 'boto3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
