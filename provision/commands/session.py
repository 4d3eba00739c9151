"""Holds the options, streams and start of one call, and does what all commands share."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.text import Text

from provision.commands.decision_hints import deciding
from provision.commands.engine_messages import worded
from provision.commands.invocation import Invocation
from provision.commands.unlisted import refuse, unless_known
from provision.commands.yes_no import confirmed
from provision.config.checks import check
from provision.config.load import Check
from provision.config.problems import suggest
from provision.config.unlisted import Unlisted, accept
from provision.engine.engine import WORKERS, Engine
from provision.engine.timing import PathStep, critical_path
from provision.errors import Interrupted, NothingDone, NotPermitted, PartialFailure, ProvisionError
from provision.local import CREDENTIALS
from provision.model.step import Step
from provision.plan.change import ResourceChange
from provision.plan.options import PlanOptions
from provision.plan.plan import Plan, Result
from provision.sanitizing.text import printable
from provision.stack.lookups import KeyOf, demanded_key
from provision.stack.outputs import outputs
from provision.state.journal import Journal
from provision.trace import Trace
from provision.views.busy import Busy
from provision.views.draw_thread import Drawing
from provision.views.formatting import error_console, result_console
from provision.views.json_documents import run_document
from provision.views.plan import print_plan
from provision.views.progress import Progress
from provision.views.results import untried_words
from provision.workflows.health import Health
from provision.workflows.origins import edited
from provision.workflows.removal_report import RemovalReport
from provision.workspace import Guard, Options, Workspace, check_account, open_workspace


@dataclass
class Session:
    options: Options
    verbose: int = 0
    call: Invocation = field(default_factory=Invocation)
    errors: Console = field(default_factory=error_console)
    results: Console = field(default_factory=result_console)
    trace: Trace = field(default_factory=Trace)
    began: float = field(default_factory=time.monotonic)
    opened: float = 0.0
    """Seconds from the beginning until the stack was open."""
    asked: float = 0.0
    """Seconds that the user took to answer."""

    def __post_init__(self) -> None:
        self.call.stopping.tell = self.say

    def open(
        self,
        *,
        build_sources: bool = True,
        check: Check = check,
        guard: Guard = check_account,
        unlisted: Unlisted | None = None,
        key: KeyOf = demanded_key,
        state: type[Journal] = Journal,
    ) -> Workspace:
        """Open the workspace.

        `unlisted` decides on an environment that config.yaml lacks and that has no state; by
        default it is refused.
        """
        with self.trace.span("open", "open"):
            workspace = open_workspace(
                self.options,
                say=self.say,
                trace=self.trace,
                build_sources=build_sources,
                check=check,
                guard=guard,
                key=key,
                state=state,
                unlisted=self.judge_unlisted(unlisted or refuse(self.call)),
            )
        self.opened = self.seconds
        if workspace.aws.access.endpoint:
            self.call.aws = _aws_on(workspace.aws.access.endpoint)
        if self.verbose:
            workspace.aws.hooks.on_call = self._say_call
        return workspace

    def _say_call(self, service: str, operation: str) -> None:
        self.say(f"  {service} {operation}")

    def judge_unlisted(self, judge: Unlisted) -> Unlisted:
        """Return the decision on an unlisted environment: by --new-env, its state or `judge`."""
        options = self.options
        if options.new_env:
            return accept
        return unless_known(options.config, options.state, judge)

    @property
    def nobody_answers(self) -> bool:
        """Whether no one can answer a question, which would wait for ever."""
        keyboard = sys.stdin is not None and sys.stdin.isatty()
        return bool(self.call.as_json or not keyboard or os.environ.get("CI"))

    def say(self, words: str) -> None:
        """Print a line on stderr, apart from the results. Its commands are made pasteable."""
        words = self.call.expand_hint(words)
        if drawing := self.call.terminal.drawing:
            drawing.say(words)
        else:
            self.errors.print(Text(words, style="dim"), soft_wrap=True)

    @contextmanager
    def showing(self, total: int) -> Iterator[Progress]:
        """Show the progress of `total` nodes. Messages are printed through it meanwhile."""
        progress = Progress(self.errors, total)
        with self.call.terminal.shows(progress.drawing):
            yield progress

    @contextmanager
    def busy(self, words: str) -> Iterator[None]:
        """Show what is being done, below messages, unless something is being drawn already."""
        if self.call.terminal.drawing:
            yield
        else:
            with self.call.terminal.shows(Drawing(Busy(self.errors, words))):
                yield

    def plan(
        self,
        workspace: Workspace,
        journal: Journal,
        plan_options: PlanOptions = PlanOptions(),  # noqa: B008  (frozen)
        workers: int = WORKERS,
    ) -> Plan:
        """Plan the whole stack, with writes refused."""
        return self.look_with(workspace.engine(journal, plan_options), workers)

    def look_with(self, engine: Engine, workers: int = WORKERS) -> Plan:
        """Plan as `plan` does, with a given engine."""
        with (
            engine.aws.reading(),
            self.call.stopping.stopping(engine.aws.clock),
            self.busy(f"looking at {len(engine.stack.nodes)} resources"),
        ):
            seen = engine.plan(workers=workers)
        self.check_goes_on()  # a signal may have come during the last observation
        return seen

    def check_goes_on(self) -> None:
        """Raise `Interrupted` if a signal has come."""
        if self.call.stopping.asked:
            raise self.call.interrupted()

    def show_plan(
        self,
        screen: Console,
        workspace: Workspace,
        title: str,
        changes: Mapping[str, ResourceChange],
    ) -> None:
        """Print the plan, with all fields if the user asked for them (-v)."""
        files = edited(workspace.inputs.config, self.options.config)
        told = worded(self.call, changes)
        print_plan(screen, title, told, files, all_fields=self.verbose > 0)

    def print_document(
        self,
        workspace: Workspace,
        changes: Mapping[str, ResourceChange],
        steps: Mapping[str, Step],
        *,
        failed: Mapping[str, ProvisionError] | None = None,
        health: Health | None = None,
        error: ProvisionError | None = None,
        removal: RemovalReport | None = None,
    ) -> None:
        """Print the one JSON document."""
        for failure in (failed or {}).values():
            self.call.word(failure)
        text = run_document(
            workspace.inputs,
            workspace.aws.calls,
            worded(self.call, changes),
            failed=failed or {},
            outputs=outputs(workspace.inputs, steps),
            seconds=self.seconds,
            longest=self.longest(workspace),
            health=health,
            error=self.call.word(error) if error else None,
            removal=removal,
        )
        self.call.answer(text)

    def require_answer(self, verb: str, *, yes: bool) -> None:
        """Raise UsageError if the command would ask and no one can answer."""
        if self.nobody_answers and not yes:
            look = " (or look first: `provision plan`)" if verb == "up" else ""
            raise click.UsageError(
                f"`provision {verb}` asks before it acts, and here nobody can answer:"
                f" add --yes{look}"
            )

    def ask(self, workspace: Workspace, question: str) -> bool:
        """Print the location and ask. Anything but yes is no, the end of the input included."""
        self.errors.print(f"This is {workspace.description}.", style="bold", soft_wrap=True)
        began = time.monotonic()
        try:
            with self.trace.span("your answer", "ask"):
                if confirmed(question):
                    return True
        except click.Abort:
            if self.call.stopping.asked:
                raise
            self.errors.print()  # the end of the input writes no line end
        finally:
            self.asked += time.monotonic() - began
        self.errors.print("Nothing was done.")
        return False

    def ask_for_text(self, workspace: Workspace, question: str, expected: str) -> bool:
        """Print the location and ask for exactly this text. Anything else is no."""
        self.errors.print(f"This is {workspace.description}.", style="bold", soft_wrap=True)
        began, shown = time.monotonic(), printable(question)
        try:
            with self.trace.span("your answer", "ask"):
                if click.prompt(shown, err=True, default="", show_default=False) == expected:
                    return True
        except click.Abort:
            if self.call.stopping.asked:
                raise
            self.errors.print()  # the end of the input writes no line end
        finally:
            self.asked += time.monotonic() - began
        self.errors.print("Nothing was done.")
        return False

    def final_error(self, result: Result) -> ProvisionError | None:
        """Return the error in which a run ended, or None if all is done."""
        if result.interrupted or self.call.stopping.asked:
            return self.call.interrupted()
        if not result.failed:
            return None
        nodes = f"{len(result.failed)} failed ({', '.join(result.failed)})"
        if all(isinstance(error, NotPermitted) for error in result.failed.values()):
            return NotPermitted(
                f"Partly done: {nodes}",
                hint=f"allow what they name and {self.call.goes_on}",
            )
        if result.refused_whole:
            return NothingDone(
                f"Nothing was done: {len(result.failed)} refused ({', '.join(result.failed)})",
                hint=deciding(self.call, result.failed),
            )
        return PartialFailure(
            f"Partly done: {nodes}",
            hint=f"mend that and {self.call.goes_on}",
        )

    def finish(self, result: Result) -> int:
        """Print what went live untried, what failed, and what to type next.

        Return the exit code.
        """
        for words in untried_words(result):
            self.errors.print(words, style="yellow", soft_wrap=True)
        for node, error in result.failed.items():
            if not isinstance(error, Interrupted):
                self.call.word(error)
                hint = f" → {error.hint}" if error.hint else ""
                for line in (f"✗ {node}: {error.message}{hint}", *error.more):
                    self.errors.print(line, style="red", soft_wrap=True)
        verdict = self.final_error(result)
        return self.call.fail(verdict) if verdict else 0

    def longest(self, workspace: Workspace) -> tuple[PathStep, ...]:
        """Return the critical path of the command."""
        return critical_path(self.opened, workspace.timings)

    @property
    def seconds(self) -> float:
        """Seconds since the command began, without those that the user took to answer."""
        return time.monotonic() - self.began - self.asked


def _aws_on(endpoint: str) -> str:
    """Return how to call the AWS CLI so that it reaches the emulator, without an account."""
    key, secret = CREDENTIALS
    return (
        f"AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret} aws --endpoint-url"
        f" {shlex.quote(endpoint)}"
    )


def check_nodes(workspace: Workspace, names: tuple[str, ...]) -> None:
    """Raise UsageError for a misspelt node name, before anything is observed."""
    known = [*workspace.stack.nodes, *workspace.remembered]
    for name in names:
        if name not in known:
            every = "`provision plan --json` lists them"
            raise click.UsageError(
                f"there is no node {name} in {workspace.stack.name};"
                f" {suggest(name, known) or every}"
            )
