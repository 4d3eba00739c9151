"""The end of `up` shows commands to type next, and none that would fail."""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from provision.views.results import NextSteps, print_welcome
from tests.integration.test_cli import Provision, home, provision
from tests.support.sample_stack import configured

__all__ = ["home", "provision"]

ENDPOINT = {"api_endpoint": "https://x.test/v1"}
CURL = 'curl -H "x-api-key: $(provision outputs api_key)" https://x.test/v1'


def ending(
    directory: Path,
    routes: Mapping[str, Any],
    *,
    outputs: Mapping[str, str] = ENDPOINT,
    stop: str = "",
) -> list[str]:
    """Return the printed welcome of an API with these routes."""
    none = dict.fromkeys(("GET /items", "POST /items"), None)
    none |= dict.fromkeys((f"{verb} /items/{{id}}" for verb in ("GET", "PUT", "DELETE")), None)
    api = configured(directory, {"api": {"routes": none | dict(routes)}}).api
    shown = io.StringIO()
    following = NextSteps("provision outputs api_key", "provision logs --follow", stop)
    print_welcome(Console(file=shown), outputs, api, following)
    return shown.getvalue().splitlines()


SEARCH = {"function": "items", "query": ["q"]}


@pytest.mark.parametrize(
    ("routes", "path"),
    [
        ({"GET /items/{id}": "items", "GET /search": SEARCH, "GET /all": "items"}, "/all"),
        ({"POST /things": "items", "GET /": "items"}, "/"),
    ],
)
def test_the_request_needs_nothing_but_the_key(
    tmp_path: Path, routes: Mapping[str, Any], path: str
) -> None:
    assert ending(tmp_path, routes)[-1] == CURL + path


PUBLIC = {"function": "items", "key": False, "throttle": {"rate": 1, "burst": 1}}


def test_a_route_with_a_key_is_preferred_and_a_public_one_gets_none(tmp_path: Path) -> None:
    assert ending(tmp_path, {"GET /up": PUBLIC, "GET /all": "items"})[-1] == f"{CURL}/all"
    lines = ending(tmp_path, {"GET /up": PUBLIC, "POST /all": "items"})
    assert lines[-1] == "curl https://x.test/v1/up"


@pytest.mark.parametrize(
    "routes",
    [
        {"GET /items/{id}": "items"},
        {"GET /files/{way+}": "items"},
        {"GET /search": SEARCH},
        {"POST /things": "items", "HEAD /things": "items"},
    ],
)
def test_where_every_route_takes_more_there_is_one_to_complete(
    tmp_path: Path, routes: Mapping[str, Any]
) -> None:
    lines = ending(tmp_path, routes)
    method, path = next(iter(routes)).split()
    begun = f'curl -X {method} -H "x-api-key: $(provision outputs api_key)" '
    assert lines[-1].startswith(begun)
    assert shlex.split(lines[-1])[-1] == f"https://x.test/v1{path}"
    assert lines[-2].startswith("No route is a GET without parameters")


def test_where_a_secret_belongs_is_told_when_a_function_is_told_to_read_it(
    account: None,
    provision: Provision,
    home: Path,
) -> None:
    kept = {"STRIPE_KEY": {"secret": "ssm:/tap/stripe"}, "DB": {"secret": "secretsmanager:tap/db"}}
    settings = yaml.safe_load((home / "config.yaml").read_text("utf-8"))
    settings["functions"]["items"].setdefault("environment", {}).update(kept)
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    said = " ".join(provision("up", "--yes").err.split())
    name = "--name /tap/stripe --type SecureString"
    assert f'`aws ssm put-parameter {name} --value "$(cat)" --region us-east-1`' in said
    assert "`aws secretsmanager create-secret --name tap/db --secret-string" in said
    settings["functions"]["items"]["memory"] = 256
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    assert "put-parameter" not in provision("up", "--yes").err


def test_the_emulator_is_told_to_run_on_where_there_is_one(tmp_path: Path) -> None:
    told = "The emulator runs on in the background, until: provision local stop"
    assert told in ending(tmp_path, {"GET /": "items"}, stop="provision local stop")
    assert "emulator" not in "".join(ending(tmp_path, {"GET /": "items"}))
    assert ending(tmp_path, {"GET /": "items"}, outputs={}) == []
