"""Runs `provision check`, and the same at the end of `up --check`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Final

import click

from provision.commands.outputs import known_steps
from provision.commands.session import Session
from provision.config.checks import check_values
from provision.errors import ChecksFailed, UsageError
from provision.model.step import Step
from provision.stack.lookups import key_as_recorded
from provision.steps.lambda_.function import Function
from provision.views.check import print_checked
from provision.views.formatting import pluralize
from provision.views.json_operate import check_document
from provision.workflows.checks.catalog import CHECKS, DEEP, chosen
from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS
from provision.workflows.checks.http import HttpCaller, request_pace
from provision.workflows.checks.not_asked import not_asked
from provision.workflows.checks.poison import POISON_CHECK, longest_wait
from provision.workflows.checks.round import RunMemory
from provision.workflows.checks.runner import Checked, CheckRun
from provision.workflows.checks.target import CheckTarget, find_target
from provision.workflows.checks.verdict import CheckOutcome, clipped
from provision.workflows.logs.reader import log_pace
from provision.workspace import Workspace

AFTER_UP: Final = 120
"""Seconds for which `up --check` asks again: a key may need them until it is accepted (A27)."""
_HINT: Final = "`provision plan` shows what differs; `provision up` puts it right"
_LOGS: Final = "`provision logs --errors --since 5m` shows why the function fails"
_STORY: Final = "`provision logs --since 5m` shows what the function did"
_POISON: Final = (
    'let the handler raise an error for an event that it does not know, as {"provision": …} is, and'
    " `provision push`; `provision check` without --deep leaves poison out"
)
_SERVER_ERROR: Final = re.compile(r"(?:.* )?5\d\d")
"""An answer's status, alone or behind the request, that the function or its integration caused."""
_CLIENT_ERROR: Final = re.compile(r"[34]\d\d")


@dataclass(frozen=True)
class CheckOptions:
    """The checks to ask, for how many seconds again, and whether also those that write."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    wait: int = AFTER_UP
    deep: bool = False


def check(session: Session, options: CheckOptions) -> int:
    """Ask the checks. Exit codes: 0 none failed, 1 nothing is deployed, 5 at least one failed."""
    _refuse_unknown(options)
    workspace = session.open(build_sources=False, check=check_values, key=key_as_recorded)
    steps = known_steps(session, workspace)
    target, checked = run_checks(session, workspace, steps, options)
    error = failure_of(checked)
    if session.call.as_json:
        worded = session.call.word(error) if error else None
        text = check_document(
            workspace.inputs, workspace.aws.calls, checked, worded, session.seconds
        )
        session.call.answer(text)
    else:
        show_checks(session, target, checked)
    return error.exit_code if error else 0


def run_checks(
    session: Session, workspace: Workspace, steps: Mapping[str, Step], options: CheckOptions
) -> tuple[CheckTarget, Checked]:
    """Ask the checks of what is deployed. Raises `NotFound` if nothing is."""
    aws = workspace.aws
    target = find_target(workspace.inputs, workspace.stack, steps)
    memory = RunMemory(log_pace=log_pace(aws))
    pace = request_pace(aws, float(workspace.inputs.config.api.throttle.rate))
    caller = HttpCaller(aws, target.endpoint, pace, lambda: memory.key)
    own = HttpCaller(aws, target.own_address, pace, lambda: memory.key)

    @cache
    def at(host: str) -> HttpCaller:
        return HttpCaller(aws, target.endpoint, pace, lambda: memory.key, host)

    run = CheckRun(aws, target, caller, own, at, memory)
    wanted = chosen(options.only, options.skip, deep=options.deep)
    progress = [f"checking {workspace.stack.name}"]

    def report(passed: int, every: int) -> None:
        progress[0] = f"checking {workspace.stack.name}: {passed} of {every}"

    with (
        session.call.stopping.stopping(aws.clock),
        session.running(lambda: progress[0]),
    ):
        with aws.reading():
            reading = run.ask([one for one in wanted if one in CHECKS], options.wait, report)
        deep = [one for one in wanted if one in DEEP]
        if deep:
            seconds = f"{longest_wait(target):.0f} s"
            progress[0] = (
                f"checking {workspace.stack.name}: poison awaits its event, up to {seconds}"
            )
        writing = run.ask(deep, 0, report)
    session.raise_if_interrupted()
    outcomes = [*reading.outcomes, *writing.outcomes]
    left_out = not_asked(target, wanted)
    stopped = [
        each.name for each in steps.values() if isinstance(each, Function) and each.concurrency == 0
    ]
    return target, Checked(outcomes, reading.seconds + writing.seconds, left_out, stopped)


def show_checks(session: Session, target: CheckTarget, checked: Checked) -> None:
    """Print the outcomes, and what to type if some failed."""
    hint = _hint_for(checked) if checked.failures else ""
    print_checked(session.results, target, checked, hint, session.call.expand_hint)


def failure_of(checked: Checked) -> ChecksFailed | None:
    """Return the error for checks that failed, or None."""
    if not checked.failures:
        return None
    names = ", ".join(dict.fromkeys(outcome.check for outcome in checked.failures))
    return ChecksFailed(
        f"{pluralize(len(checked.failures), 'check')} failed: {names}", hint=_hint_for(checked)
    )


def _hint_for(checked: Checked) -> str:
    """Return what to type after failures: the logs if only functions fail, else the plan."""
    hints = [_hint_of(one) for one in checked.failures]
    told: list[str] = [hint for hint in (_HINT, _LOGS, _STORY, _POISON) if hint in hints]
    if checked.stopped:
        names = ", ".join(checked.stopped)
        told.insert(0, f"{names} answers nothing: it is stopped by `concurrency: 0` in config.yaml")
    return "; ".join(told)


def _hint_of(outcome: CheckOutcome) -> str:
    failure = outcome.verdict
    if outcome.check == POISON_CHECK.id and failure.by_function:
        return _POISON
    if _SERVER_ERROR.fullmatch(failure.have):
        return _LOGS
    own = failure.by_function and _CLIENT_ERROR.fullmatch(failure.have)
    return _STORY if own else _HINT


def _refuse_unknown(options: CheckOptions) -> None:
    known = list(CHECK_DESCRIPTIONS)
    for name in (*options.only, *options.skip):
        if name not in known:
            near = get_close_matches(name, known, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(
                f"there is no check {clipped(name)}{meant}",
                hint="`provision check --list` lists them",
            )
    if not options.deep and (written := [one.id for one in DEEP if one.id in options.only]):
        raise click.UsageError(f"{written[0]} writes: it is asked with --deep alone")
    if not chosen(options.only, options.skip, deep=options.deep):
        raise click.UsageError("--only and --skip leave no check")
