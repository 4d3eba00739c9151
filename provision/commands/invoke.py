"""Runs `provision invoke`: one function, once; stdout is its answer alone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import partial

import click

from provision.commands.invoke_event import (
    RequestOptions,
    checked_json,
    event_of_route,
    read_event,
    read_payload,
    save_event,
)
from provision.commands.push import named_functions
from provision.commands.session import Session
from provision.config.checks.routes import WITH_BODY
from provision.errors import InvocationFailed
from provision.stack.lookups import key_as_recorded
from provision.views.invoke import print_answer, print_head, print_log
from provision.views.json_operate import invoke_document
from provision.workflows.invoke import (
    MOST_BYTES,
    InvocationTarget,
    Invoked,
    invoke_once,
    refuse_foreign,
)
from provision.workspace import Workspace


@dataclass(frozen=True)
class EventOptions:
    """The options for the event: a function with a payload or saved event, or a route."""

    function: str | None
    payload: str | None
    event: str | None
    request: RequestOptions


@dataclass(frozen=True)
class InvokeOptions:
    """The version that runs, whether Lambda only queues the event, and whether its log is shown."""

    version: str
    asynchronous: bool
    tail: bool


def invoke(session: Session, wanted: EventOptions, how: InvokeOptions, save: str | None) -> int:
    """Invoke once. Exit codes: 0 done, 1 not there, refused or unknown, 5 the function failed."""
    _check(wanted)
    payload = _read(session, wanted)
    workspace = session.open(build_sources=False, key=key_as_recorded)
    function = wanted.function or ""
    if wanted.request.route is not None:
        found = event_of_route(workspace, wanted.request)
        function, payload = found.function, found.payload
        method = wanted.request.route.split(" ")[0].upper()
        if wanted.request.body is None and method in WITH_BODY:
            session.say(f"no body is sent with {method}: --body '{{…}}' or --body @FILE gives one")
        if found.refusal:
            session.say(
                f"warning: API Gateway would answer 400 and call no function: {found.refusal}"
            )
        if found.unknown:
            session.say(f"warning: {found.unknown}")
    else:
        named_functions(workspace, (function,))
    if len(payload) > MOST_BYTES:
        raise click.UsageError(
            f"the payload has {len(payload):,} bytes, and Lambda accepts {MOST_BYTES:,}"
        )
    if save is not None:
        path = save_event(session.options, save, payload)
        session.say(f"written to {path}: `provision invoke {function} --event {save}` sends it")
        return 0
    return _run(session, workspace, function, payload, how)


def _run(
    session: Session, workspace: Workspace, function: str, payload: bytes, how: InvokeOptions
) -> int:
    if workspace.inputs.config.functions[function].concurrency == 0:
        raise InvocationFailed(
            f"{function} is to be stopped, with `concurrency: 0` in config.yaml: not invoked",
            hint="write another number there, or remove the line, then `provision up`",
        )
    target = InvocationTarget(workspace.inputs.aws_name("function", function), how.version)
    with session.running(partial(str, f"{function} {how.version} is running")):
        refuse_foreign(workspace.aws, workspace.stack.owner_prefix, target.function)
        try:
            done = invoke_once(
                workspace.aws, target, payload, asynchronous=how.asynchronous, tail=how.tail
            )
        except KeyboardInterrupt:
            log = f"`provision logs {shlex.quote(function)} --since 5m`"
            session.say(f"{function} may have run, or run on: {log} shows it")
            raise
    failure = InvocationFailed(f"{function} failed: {done.error}") if done.error else None
    if session.call.as_json:
        text = invoke_document(
            workspace.inputs, workspace.aws.calls, function, done, failure, session.seconds
        )
        session.call.answer(text)
    else:
        folder = workspace.inputs.config.functions[function].source.as_posix()
        print_head(session.errors, function, done)
        print_answer(session.results, done, folder)
        if how.tail:
            print_log(session.errors, done, folder)
    if done.log_truncated:
        _say_that_it_is_cut(session, function, done)
    return failure.exit_code if failure else 0


def _say_that_it_is_cut(session: Session, function: str, done: Invoked) -> None:
    which = f"--request {done.request}" if done.request else "--since 5m"
    whole = f"`provision logs {shlex.quote(function)} {which}`"
    session.say(f"Lambda returns the last 4 KB of a log, and this one is longer: {whole} shows it")


def _check(wanted: EventOptions) -> None:
    """Raise UsageError for options that contradict each other."""
    request = wanted.request
    if (wanted.function is None) == (request.route is None):
        raise click.UsageError("name a function, or a request with --route, and not both")
    if wanted.payload is not None and wanted.event is not None:
        raise click.UsageError("--payload and --event both give the event: choose one")
    if request.route is not None and (wanted.payload is not None or wanted.event is not None):
        raise click.UsageError("--route makes the event itself: leave --payload and --event out")
    if request.route is None and (request.query or request.header or request.body is not None):
        raise click.UsageError("--query, --header and --body belong to --route")


def _read(session: Session, wanted: EventOptions) -> bytes:
    """Return the event that was given, before AWS is reached; `{}` if none was."""
    if wanted.payload is not None:
        payload = read_payload(wanted.payload)
    elif wanted.event is not None:
        payload = read_event(session.options, wanted.event)
    else:
        return b"{}"
    return checked_json(payload)
