"""Reads the event of `provision invoke` from options, files and stdin, and saves it in events/."""

from __future__ import annotations

import base64
import codecs
import json
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from provision.config.schema.api import RouteParts
from provision.files import create_private, read_regular, refuse_links_below
from provision.workflows import json_text
from provision.workflows.invoke import MOST_BYTES
from provision.workflows.model_faults import model_fault
from provision.workflows.route_caller import caller_of
from provision.workflows.route_event import (
    HttpRequest,
    ServedStage,
    find_route,
    is_binary,
    proxy_event,
)
from provision.workspace import Options, Workspace

EVENTS: Final = "events"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_STDIN: Final = "-"
_OTHER_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""The marks before UTF-16. Without one, JSON in UTF-16 has a zero in its first two bytes."""


@dataclass(frozen=True)
class RequestOptions:
    """The options that describe a request to a route, as they were typed."""

    route: str | None
    query: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    body: str | None = None


def read_payload(given: str) -> bytes:
    """Return the payload of an option: text, `@FILE`, or `-` for stdin.

    No more is read than Lambda accepts, and no device or pipe is named as a file.
    """
    if given == _STDIN:
        if sys.stdin is None:  # closed by the caller (`<&-`)
            raise click.UsageError("stdin is closed")
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    if not given.startswith("@"):
        return _as_given(given)
    try:
        return read_regular(Path(given[1:]), MOST_BYTES)
    except OSError as error:
        raise click.UsageError(f"{given[1:]} cannot be read: {error.strerror or error}") from error


def read_event(options: Options, name: str) -> bytes:
    """Return the event saved under a name next to config.yaml."""
    path = _event_file(options, name)
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        known = sorted(each.stem for each in path.parent.glob("*.json"))
        there = f"; there are {', '.join(known)}" if known else ""
        raise click.UsageError(
            f"the event {name} cannot be read from {path}: {error.strerror or error}{there}"
        ) from error


def save_event(options: Options, name: str, payload: bytes) -> Path:
    """Write the event under a new name next to config.yaml, and return its path.

    The same event may be saved again; another one may have been edited, and is not replaced.
    """
    path = _event_file(options, name)
    content = json_text.as_bytes(f"{json_text.indented(payload.decode())}\n")
    try:
        path.parent.mkdir(exist_ok=True)
        if path.is_file() and read_regular(path, MOST_BYTES) == content:
            return path
        create_private(path, content)
    except FileExistsError as error:
        raise click.UsageError(f"{path} exists: give --save another name, or delete it") from error
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def checked_json(payload: bytes) -> bytes:
    """Return the payload without the mark that Windows puts before UTF-8.

    Raises UsageError if Lambda would refuse it because it is not JSON in UTF-8.
    """
    payload = payload.removeprefix(codecs.BOM_UTF8)
    if b"\0" in payload[:2]:
        raise _in_utf_16("the payload")
    try:
        json_text.parse(_text("the payload", payload))
    except ValueError as error:
        raise click.UsageError(f"the payload is not JSON: {error}") from error
    return payload


@dataclass(frozen=True)
class RouteEvent:
    """The function behind a route, and the event that API Gateway would send to it.

    `refusal` is why API Gateway would answer 400 and call no function, or "". `unknown` is what
    the event does not say of the caller, or "".
    """

    function: str
    payload: bytes
    refusal: str = ""
    unknown: str = ""


def event_of_route(workspace: Workspace, request: RequestOptions) -> RouteEvent:
    """Return the event of a request to a route."""
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
    for each in (path, method, *request.query, *request.header):
        _text("the request", _as_given(each))
    headers = _pairs("--header", request.header, ":")
    encoded = request.body is not None and is_binary(headers, "Content-Type", api.binary)
    body = _body(request.body, encoded=encoded)
    asked = HttpRequest(method, path, _pairs("--query", request.query, "="), headers, body, encoded)
    stage = _served_stage(workspace, route)
    now = workspace.aws.clock.today()
    caller = caller_of(api, route, headers)
    event = proxy_event(route, asked, stage, now, str(uuid.uuid4()))
    if caller.context:
        event["requestContext"]["authorizer"] = caller.context  # (A48)
    payload = json.dumps(event, ensure_ascii=False).encode()
    query = event["queryStringParameters"] or {}
    refused = _refusal(workspace, route, query, body)
    return RouteEvent(route.function, payload, refused, caller.unknown)


def _body(given: str | None, *, encoded: bool) -> str | None:
    """Return the body as the event has it: text, or base64 of any bytes."""
    if given is None:
        return None
    content = read_payload(given)
    return base64.b64encode(content).decode() if encoded else _text("the body", content)


def _refusal(
    workspace: Workspace, route: RouteParts, query: Mapping[str, str], body: str | None
) -> str:
    """Return what the route requires and the request lacks, as API Gateway checks it."""
    if lacking := [name for name in route.query if name not in query]:
        return f"the query lacks {', '.join(lacking)}"
    if route.body is None:
        return ""
    try:
        value = json_text.parse(body or "")
    except ValueError:
        return f"the model {route.body} wants JSON, and the body is none"
    fault = model_fault(workspace.inputs.config.api.models[route.body], value)
    return f"the model {route.body} refuses the body: {fault}" if fault else ""


def _text(what: str, content: bytes) -> str:
    """Return the text. Raises UsageError, with what to do, if it is not in UTF-8."""
    if content.startswith(_OTHER_MARKS):
        raise _in_utf_16(what)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{what} is not UTF-8: see its byte {error.start + 1}") from error


def _in_utf_16(what: str) -> click.UsageError:
    return click.UsageError(
        f"{what} is in UTF-16: write it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8 FILE`"
    )


def _as_given(text: str) -> bytes:
    """Return the bytes of a word; those that were no UTF-8 still are none."""
    return text.encode("utf-8", "surrogatepass")


def _served_stage(workspace: Workspace, route: RouteParts) -> ServedStage:
    """Return the deployed API as recorded; ids are `unknown` if the state was lost."""
    api, where = workspace.inputs.config.api, workspace.aws.location
    with workspace.read_state() as journal:
        ids = {
            node: str(vars(record.step).get("id") or "unknown")
            for node, record in journal.records.items()
        }
    own = ids.get("api", "unknown")
    return ServedStage(
        where.account,
        own,
        api.stage,
        api.domain.name if api.domain else f"{own}.execute-api.{where.region}.{where.dns_suffix}",
        ids.get("api.deployment", "unknown"),
        ids.get(f"api.key.{api.keys[0]}", "unknown") if route.key and api.keys else "",
    )


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
