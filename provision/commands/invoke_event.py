"""Reads the event of `provision invoke` from options, files and stdin, and saves it in events/."""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from provision.files import refuse_links_below, replace_private
from provision.workflows.route_event import (
    HttpRequest,
    ServedStage,
    find_route,
    proxy_event,
)
from provision.workspace import Options, Workspace

_API: Final = "api"
EVENTS: Final = "events"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_STDIN: Final = "-"


@dataclass(frozen=True)
class RequestOptions:
    """The options that describe a request to a route, as they were typed."""

    route: str | None
    query: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    body: str | None = None


def read_payload(given: str) -> bytes:
    """Return the payload of an option: text, `@FILE`, or `-` for stdin."""
    if given == _STDIN:
        return sys.stdin.buffer.read()
    if not given.startswith("@"):
        return given.encode()
    try:
        return Path(given[1:]).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{given[1:]} cannot be read: {error.strerror or error}") from error


def read_event(options: Options, name: str) -> bytes:
    """Return the event saved under a name next to config.yaml."""
    path = _event_file(options, name)
    try:
        return path.read_bytes()
    except OSError as error:
        known = sorted(each.stem for each in path.parent.glob("*.json"))
        there = f"; there are {', '.join(known)}" if known else ""
        raise click.UsageError(
            f"the event {name} cannot be read from {path}: {error.strerror or error}{there}"
        ) from error


def save_event(options: Options, name: str, payload: bytes) -> Path:
    """Write the event under a name next to config.yaml, and return its path."""
    path = _event_file(options, name)
    text = json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    try:
        path.parent.mkdir(exist_ok=True)
        replace_private(path, f"{text}\n".encode())
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def check_json(payload: bytes) -> None:
    """Raise UsageError if Lambda would refuse the payload because it is not JSON."""
    try:
        json.loads(payload)
    except ValueError as error:
        raise click.UsageError(f"the payload is not JSON: {error}") from error


def event_of_route(workspace: Workspace, request: RequestOptions) -> tuple[str, bytes]:
    """Return the function behind the route, and the event that API Gateway would send to it."""
    method, _, path = (request.route or "").strip().partition(" ")
    path, method = path.strip(), method.upper()
    if not path.startswith("/"):
        raise click.UsageError(
            f"--route {request.route!r} is no request: write it as 'GET /items/42'"
        )
    api = workspace.inputs.config.api
    route = find_route(api.route_list, method, path.partition("?")[0])
    if route is None:
        known = ", ".join(api.routes)
        raise click.UsageError(f"config.yaml has no route for {method} {path}; it has {known}")
    body = read_payload(request.body).decode() if request.body is not None else None
    asked = HttpRequest(
        method,
        path,
        _pairs("--query", request.query, "="),
        _pairs("--header", request.header, ":"),
        body,
    )
    stage = ServedStage(workspace.aws.location.account, _api_id(workspace), api.stage)
    now = workspace.aws.clock.today()
    event = proxy_event(route, asked, stage, now, str(uuid.uuid4()))
    return route.function, json.dumps(event, ensure_ascii=False).encode()


def _api_id(workspace: Workspace) -> str:
    """Return the id of the API as recorded; `unknown` if the state was lost."""
    with workspace.read_state() as journal:
        record = journal.records.get(_API)
    return str(vars(record.step).get("id") or "unknown") if record else "unknown"


def _pairs(option: str, given: Sequence[str], sign: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for each in given:
        name, found, value = each.partition(sign)
        if not found or not name.strip():
            raise click.UsageError(f"{option} {each!r}: write NAME{sign}VALUE")
        pairs.append((name.strip(), value.strip() if sign == ":" else value))
    return tuple(pairs)


def _event_file(options: Options, name: str) -> Path:
    """Return the file of an event. A link in events/ could lead to any file of this machine."""
    if not _NAME.fullmatch(name):
        raise click.UsageError(
            f"{name!r} is no name of an event: use letters, digits, '_', '.' and '-'"
        )
    folder = options.config.resolve().parent
    path = folder / EVENTS / f"{name}.json"
    if not options.allow_outside:
        try:
            refuse_links_below(folder, path)
        except OSError as error:
            raise click.UsageError(f"{path} cannot be used: {error.strerror or error}") from error
    return path
