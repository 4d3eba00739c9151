"""Holds the options, streams and start of one call, and does what all commands share."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from provision.commands.engine_messages import worded
from provision.commands.invocation import Invocation
from provision.commands.unlisted import refuse, unless_known
from provision.config.checks import check
from provision.config.load import Check
from provision.config.unlisted import Unlisted, accept
from provision.engine.engine import WORKERS, Engine
from provision.engine.timing import critical_path
from provision.errors import ProvisionError
from provision.local import CREDENTIALS
from provision.model.step import Step
from provision.plan.change import ResourceChange
from provision.plan.options import PlanOptions
from provision.plan.plan import Plan
from provision.stack.lookups import KeyOf, demanded_key
from provision.stack.outputs import outputs
from provision.state.journal import Journal
from provision.trace import Trace
from provision.views.busy import Busy
from provision.views.console import broken, columns
from provision.views.draw_thread import Drawing
from provision.views.elapsed import Elapsed
from provision.views.formatting import error_console, result_console
from provision.views.json_documents import run_document
from provision.views.plan import print_plan
from provision.views.progress import Progress
from provision.views.timing import print_timing
from provision.workflows.checks.runner import Checked
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
                unlisted=self.decide_unlisted(unlisted or refuse(self.call)),
            )
        self.opened = self.seconds
        if workspace.aws.access.endpoint:
            self.call.aws = _aws_on(workspace.aws.access.endpoint)
        if self.verbose:
            workspace.aws.hooks.on_call = self._say_call
        return workspace

    def _say_call(self, service: str, operation: str) -> None:
        self.say(f"  {service} {operation}")

    def decide_unlisted(self, otherwise: Unlisted) -> Unlisted:
        """Return the decision on an unlisted environment: by --new-env, its state, `otherwise`."""
        options = self.options
        if options.new_env:
            return accept
        return unless_known(options.config, options.state, otherwise)

    def say(self, words: str) -> None:
        """Print a line on stderr, apart from the results. Its commands are made pasteable."""
        words = self.call.expand_hint(words)
        if drawing := self.call.terminal.drawing:
            drawing.say(words)
        else:
            for line in broken(Text(words, style="dim"), columns(self.errors), "  "):
                self.errors.print(line, soft_wrap=True)

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

    @contextmanager
    def running(self, words: Callable[[], str]) -> Iterator[None]:
        """Show below messages what is being done, with the seconds that it takes."""
        with self.call.terminal.shows(Drawing(Elapsed(self.errors, words))):
            yield

    def plan(
        self,
        workspace: Workspace,
        journal: Journal,
        plan_options: PlanOptions = PlanOptions(),  # noqa: B008  (frozen)
        workers: int = WORKERS,
    ) -> Plan:
        """Plan the whole stack, with writes refused."""
        return self.plan_with(workspace.engine(journal, plan_options), workers)

    def plan_with(self, engine: Engine, workers: int = WORKERS) -> Plan:
        """Plan as `plan` does, with a given engine."""
        with (
            engine.aws.reading(),
            self.call.stopping.stopping(engine.aws.clock),
            self.busy(f"reading {len(engine.stack.nodes)} resources"),
        ):
            seen = engine.plan(workers=workers)
        self.raise_if_interrupted()  # a signal may have come during the last observation
        return seen

    def raise_if_interrupted(self) -> None:
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
        changes = worded(self.call, changes)
        print_plan(screen, title, changes, files, all_fields=self.verbose > 0)

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
        checked: Checked | None = None,
    ) -> None:
        """Print the one JSON document."""
        failures = {node: self.call.word(failure) for node, failure in (failed or {}).items()}
        text = run_document(
            workspace.inputs,
            workspace.aws.calls,
            worded(self.call, changes),
            failed=failures,
            outputs=outputs(workspace.inputs, steps),
            seconds=self.seconds,
            longest=critical_path(self.opened, workspace.timings),
            health=health,
            error=self.call.word(error) if error else None,
            removal=removal,
            checked=checked,
        )
        self.call.answer(text)

    def print_timing(self, workspace: Workspace) -> None:
        """Print the seconds and calls of the command; with -v its critical path too."""
        path = critical_path(self.opened, workspace.timings) if self.verbose else ()
        print_timing(self.errors, self.seconds, workspace.aws.calls, path)

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
