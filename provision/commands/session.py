"""One invocation: its options, its streams, when it began, and what every command does alike."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType

import click
from rich.console import Console

from provision.answer import document
from provision.engine import Consent, Engine
from provision.errors import PartlyDone, ProvisionError
from provision.finding import WRITES, Finding
from provision.health import Health
from provision.journal import Journal
from provision.opening import Options, Workbench, open_workbench
from provision.run import WORKERS, Outcome, Survey, survey
from provision.screens.plan import print_plan
from provision.screens.words import error_console, result_console
from provision.stack.outputs import outputs
from provision.step import Step


@dataclass
class Session:
    options: Options
    verbose: int = 0
    as_json: bool = False
    errors: Console = field(default_factory=error_console)
    results: Console = field(default_factory=result_console)
    began: float = field(default_factory=time.monotonic)

    def open(self, *, build_sources: bool = True) -> Workbench:
        """The stack, opened; from here on signals are obeyed."""
        bench = open_workbench(self.options, say=self.say, build_sources=build_sources)
        _obey_signals(bench)
        if self.verbose:
            bench.aws.on_call = lambda service, operation: self.say(f"  {service} {operation}")
        return bench

    def say(self, words: str) -> None:
        """A line beside the results."""
        self.errors.print(words, style="dim", soft_wrap=True)

    def look(
        self,
        bench: Workbench,
        journal: Journal,
        consent: Consent = Consent(),  # noqa: B008  (frozen)
        workers: int = WORKERS,
    ) -> Survey:
        """Look at everything, with writes refused whatever follows."""
        read_only, bench.aws.read_only = bench.aws.read_only, True
        try:
            with self.errors.status(f"looking at {len(bench.stack.nodes)} resources"):
                return survey(quiet(bench, journal, consent), workers=workers)
        finally:
            bench.aws.read_only = read_only

    def show_plan(self, title: str, findings: Mapping[str, Finding]) -> None:
        """The plan beside the results: `up` and `down` show it before they ask."""
        print_plan(self.errors, title, findings, all_fields=self.verbose > 0)

    def print_document(
        self,
        bench: Workbench,
        findings: Mapping[str, Finding],
        steps: Mapping[str, Step],
        *,
        failed: Mapping[str, ProvisionError] | None = None,
        health: Health | None = None,
    ) -> None:
        """The one JSON document."""
        text = document(
            bench.site,
            bench.aws,
            findings,
            failed=failed or {},
            outputs=outputs(bench.site, steps),
            seconds=self.seconds,
            health=health,
        )
        click.echo(text)

    def refuse_to_hang(self, verb: str, *, yes: bool) -> None:
        """Nothing prompts when nobody can answer."""
        nobody = self.as_json or not sys.stdin.isatty() or os.environ.get("CI")
        if nobody and not yes:
            raise click.UsageError(
                f"`provision {verb}` asks before it acts, and here nobody can answer:"
                " add --yes (or look first: provision plan)"
            )

    def agreed(self, question: str) -> bool:
        """Ask; anything but yes is no."""
        if click.confirm(question, err=True):
            return True
        self.errors.print("Nothing was done.")
        return False

    def exit_code(self, outcome: Outcome, verb: str) -> int:
        """Tell what failed, one line each, and what to type next."""
        if not outcome.failed:
            return 0
        if not self.as_json:
            for node, error in outcome.failed.items():
                self.errors.print(f"✗ {node}: {error.message}", style="red", soft_wrap=True)
                if error.hint:
                    self.errors.print(f"    → {error.hint}", soft_wrap=True)
            self.errors.print(
                f"Partly done: {len(outcome.failed)} failed. Mend that and run `provision {verb}`"
                " again: it does only what is missing.",
                style="bold",
                soft_wrap=True,
            )
        return PartlyDone.exit_code

    @property
    def seconds(self) -> float:
        """Since the command began."""
        return time.monotonic() - self.began


def quiet(bench: Workbench, journal: Journal, consent: Consent) -> Engine:
    """An engine that tells nobody what it does."""
    return bench.engine(journal, lambda node, moment, words: None, consent)


def found(seen: Survey) -> dict[str, Step]:
    """The steps AWS has, by node."""
    return {name: f.have for name, f in seen.findings.items() if f.have is not None}


def writes(findings: Mapping[str, Finding]) -> int:
    """How many nodes will be written."""
    return sum(finding.action in WRITES for finding in findings.values())


def check_nodes(bench: Workbench, names: tuple[str, ...]) -> None:
    """A misspelt node name is a usage error, before anything is looked at."""
    for name in names:
        if name not in bench.stack.nodes:
            raise click.UsageError(
                f"there is no node {name} in {bench.stack.name}; `provision plan` lists them"
            )


def _obey_signals(bench: Workbench) -> None:
    """Ctrl-C and SIGTERM start nothing more and let what is in flight reach the journal."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (a handler's form)
        bench.aws.clock.stop()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
