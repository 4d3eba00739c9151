"""What `up` ends with: what can be typed next, and nothing that would fail."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from provision.screens.closing import NextSteps, print_welcome
from tests.reference import configured

ENDPOINT = {"api_endpoint": "https://x.test/v1"}
CURL = 'curl -H "x-api-key: $(provision outputs api_key)" https://x.test/v1'


def ending(
    directory: Path,
    routes: Mapping[str, Any],
    *,
    outputs: Mapping[str, str] = ENDPOINT,
    stop: str = "",
) -> list[str]:
    """What is printed for an API of these routes."""
    none = dict.fromkeys(("GET /items", "POST /items"), None)
    none |= dict.fromkeys((f"{verb} /items/{{id}}" for verb in ("GET", "PUT", "DELETE")), None)
    api = configured(directory, {"api": {"routes": none | dict(routes)}}).api
    shown = io.StringIO()
    following = NextSteps("provision outputs api_key", stop)
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


@pytest.mark.parametrize(
    "routes",
    [
        {"GET /items/{id}": "items"},
        {"GET /files/{way+}": "items"},
        {"GET /search": SEARCH},
        {"POST /things": "items", "HEAD /things": "items"},
    ],
)
def test_where_every_route_takes_more_there_is_none(
    tmp_path: Path, routes: Mapping[str, Any]
) -> None:
    lines = ending(tmp_path, routes)
    assert "curl" not in "".join(lines)
    assert lines[-1] == "The API key: provision outputs api_key"


def test_the_emulator_is_told_to_run_on_where_there_is_one(tmp_path: Path) -> None:
    told = "The emulator runs on in the background, until: provision local stop"
    assert told in ending(tmp_path, {"GET /": "items"}, stop="provision local stop")
    assert "emulator" not in "".join(ending(tmp_path, {"GET /": "items"}))
    assert ending(tmp_path, {"GET /": "items"}, outputs={}) == []
