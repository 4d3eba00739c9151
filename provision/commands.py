"""What each command does, from opening the stack to the exit code."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

import click
from rich.console import Console, RenderableType
from rich.live import Live

from provision import answer, local
from provision.engine import Consent, Engine
from provision.errors import Interrupted, PartlyDone, ProvisionError
from provision.finding import WRITES, Action, Finding
from provision.health import read_health
from provision.journal import Journal
from provision.opening import LOCAL, Options, Workbench, open_workbench
from provision.run import Outcome, Survey, down, plan_removal, survey, up
from provision.screens.closing import print_receipt, print_welcome
from provision.screens.plan import print_plan
from provision.screens.progress import Progress
from provision.screens.status import Heading, State, state_of, status_screen
from provision.screens.words import error_console, result_console
from provision.stack.outputs import outputs as outputs_of
from provision.step import Step
from provision.steps.api_key import ApiKey

CHANGES_PENDING = 4
NOT_AS_WANTED = 5
REFRESH = 5.0
"""Seconds between two looks of `status --watch`."""


@dataclass
class Run:
    """One invocation: its options, its streams, and when it began."""

    options: Options
    verbose: int
    as_json: bool
    errors: Console = field(default_factory=error_console)
    results: Console = field(default_factory=result_console)
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def of(
        cls,
        *,
        config: Path,
        environment: str | None,
        region: str | None,
        profile: str | None,
        state: Path | None,
        verbose: int,
        as_json: bool,
    ) -> Self:
        port = int(os.environ.get("PROVISION_LOCAL_PORT", local.DEFAULT_PORT))
        options = Options(config, environment, region, profile, state, port)
        return cls(options, verbose, as_json)

    # -- commands ----------------------------------------------------------------------------

    def up(
        self, *, yes: bool, adopt: tuple[str, ...], destroy: tuple[str, ...], workers: int
    ) -> int:
        """Plan, ask, make, print the outputs."""
        self._refuse_to_hang(yes=yes, verb="up")
        bench = self._open()
        self._check_nodes(bench, (*adopt, *destroy))
        consent = Consent(frozenset(adopt), frozenset(destroy))
        with bench.writing("provision up") as journal:
            seen = self._look(bench, journal, consent, workers)
            self._show_plan(f"{bench.stack.name}: what `up` does", seen.all)
            if _refused(seen.all) and not seen.changes:
                raise PartlyDone("nothing can be done before this is decided", hint="see above")
            if seen.changes and not (yes or self._agreed("Do this?")):
                self.errors.print("Nothing was done.")
                return 1
            outcome = self._make(bench, journal, consent, seen, workers)
        self._finish_up(bench, outcome)
        return self._code(outcome, "up")

    def plan(self, *, check: bool) -> int:
        """The same look as `up`'s, with writes refused."""
        bench = self._open()
        with bench.reading() as journal:
            seen = self._look(bench, journal, Consent(), 8)
        if self.as_json:
            self._print_document(bench, seen.all, {}, _found(seen))
        else:
            print_plan(
                self.results,
                f"{bench.stack.name}: what `provision up` would do",
                seen.all,
                all_fields=self.verbose > 0,
            )
        return CHANGES_PENDING if check and (seen.changes or _refused(seen.all)) else 0

    def status(self, *, watch: bool, check: bool) -> int:
        """The dashboard, once or until Ctrl-C."""
        bench = self._open()
        if not watch:
            return self._status_once(bench, check=check)
        with Live(console=self.results, screen=self.results.is_terminal) as live:
            while not bench.aws.clock.stopped:
                with bench.reading() as journal:
                    seen = self._look(bench, journal, Consent(), 8)
                live.update(self._status_screen(bench, seen))
                try:
                    bench.aws.clock.sleep(REFRESH)
                except Interrupted:
                    break
        return 0

    def down(self, *, yes: bool, destroy: tuple[str, ...], destroy_data: bool, workers: int) -> int:
        """Show what goes and what stays, ask, remove."""
        self._refuse_to_hang(yes=yes, verb="down")
        bench = self._open(build_sources=False)
        self._check_nodes(bench, destroy)
        consent = Consent(destroy=frozenset(destroy), destroy_data=destroy_data)
        with bench.writing("provision down") as journal:
            seen = self._look(bench, journal, consent, workers)
            engine = self._engine(bench, journal, consent)
            removal = plan_removal(engine, seen)
            self._show_plan(f"{bench.stack.name}: what `down` does", removal.all)
            if removal.changes and not (yes or self._agreed("Remove this?")):
                self.errors.print("Nothing was done.")
                return 1
            with Progress(self.errors, _writes(removal.all)) as progress:
                engine.report = progress.report
                outcome = down(engine, removal, workers=workers)
        if self.as_json:
            self._print_document(bench, outcome.findings, outcome.failed, {})
        else:
            print_receipt(self.errors, outcome, bench.aws.calls, self._seconds)
        return self._code(outcome, "down")

    def outputs(self, name: str | None) -> int:
        """All outputs, one of them, or the value of an API key fresh from AWS."""
        bench = self._open(build_sources=False)
        with bench.reading() as journal:
            steps: dict[str, Step] = {n: r.step for n, r in journal.records.items() if not r.doing}
            if not steps:
                steps = _found(self._look(bench, journal, Consent(), 8))
        known = outputs_of(bench.site, steps)
        if name == "api_key":
            known = {"api_key": _key_value(bench, steps)}
        if name and name not in known:
            raise ProvisionError(
                f"there is no output {name}", hint=f"one of: {', '.join([*known, 'api_key'])}"
            )
        if self.as_json:
            import json  # noqa: PLC0415

            click.echo(json.dumps({name: known[name]} if name else known, indent=2))
        elif name:
            click.echo(known[name])
        else:
            for key, value in known.items():
                click.echo(f"{key}: {value}")
        return 0

    # -- parts -------------------------------------------------------------------------------

    def _open(self, *, build_sources: bool = True) -> Workbench:
        bench = open_workbench(self.options, say=self._say, build_sources=build_sources)
        _obey_signals(bench)
        if self.verbose:
            bench.aws.on_call = lambda service, operation: self._say(f"  {service} {operation}")
        return bench

    def _say(self, words: str) -> None:
        self.errors.print(words, style="dim", soft_wrap=True)

    def _engine(self, bench: Workbench, journal: Journal, consent: Consent) -> Engine:
        return bench.engine(journal, lambda node, moment, words: None, consent)

    def _look(self, bench: Workbench, journal: Journal, consent: Consent, workers: int) -> Survey:
        """Look at everything with writes refused, whatever follows."""
        engine = self._engine(bench, journal, consent)
        read_only, bench.aws.read_only = bench.aws.read_only, True
        try:
            with self.errors.status(f"looking at {len(bench.stack.nodes)} resources"):
                return survey(engine, workers=workers)
        finally:
            bench.aws.read_only = read_only

    def _make(
        self, bench: Workbench, journal: Journal, consent: Consent, seen: Survey, workers: int
    ) -> Outcome:
        with Progress(self.errors, _writes(seen.all)) as progress:
            engine = bench.engine(journal, progress.report, consent)
            return up(engine, seen, workers=workers)

    def _finish_up(self, bench: Workbench, outcome: Outcome) -> None:
        known = outputs_of(bench.site, outcome.steps)
        if self.as_json:
            self._print_document(bench, outcome.findings, outcome.failed, outcome.steps)
            return
        print_receipt(self.errors, outcome, bench.aws.calls, self._seconds)
        if not outcome.failed:
            print_welcome(self.results, known, bench.site, local=self._is_local(bench))

    def _status_once(self, bench: Workbench, *, check: bool) -> int:
        with bench.reading() as journal:
            seen = self._look(bench, journal, Consent(), 8)
        health = read_health(bench.aws, _found(seen))
        if self.as_json:
            click.echo(
                answer.document(
                    bench.site,
                    bench.aws,
                    seen.all,
                    failed={},
                    outputs=outputs_of(bench.site, _found(seen)),
                    seconds=self._seconds,
                    health=health,
                )
            )
        else:
            self.results.print(self._status_screen(bench, seen))
        fine = {State.AS_WANTED, State.SKIPPED}
        bad = health.problems or any(state_of(f) not in fine for f in seen.all.values())
        return NOT_AS_WANTED if check and bad else 0

    def _status_screen(self, bench: Workbench, seen: Survey) -> RenderableType:
        known = outputs_of(bench.site, _found(seen))
        where = bench.site.where
        heading = Heading(
            bench.stack.name,
            bench.site.config.environment,
            where.account,
            where.region,
            known.get("api_endpoint", ""),
        )
        health = read_health(bench.aws, _found(seen))
        return status_screen(heading, seen.all, health, width=self.results.width)

    def _print_document(
        self,
        bench: Workbench,
        findings: Mapping[str, Finding],
        failed: Mapping[str, ProvisionError],
        steps: Mapping[str, Step],
    ) -> None:
        click.echo(
            answer.document(
                bench.site,
                bench.aws,
                findings,
                failed=failed,
                outputs=outputs_of(bench.site, steps),
                seconds=self._seconds,
            )
        )

    def _show_plan(self, title: str, findings: Mapping[str, Finding]) -> None:
        print_plan(self.errors, title, findings, all_fields=self.verbose > 0)

    def _refuse_to_hang(self, *, yes: bool, verb: str) -> None:
        """Nothing prompts when nobody can answer."""
        nobody = self.as_json or not sys.stdin.isatty() or os.environ.get("CI")
        if nobody and not yes:
            raise click.UsageError(
                f"`provision {verb}` asks before it acts, and here nobody can answer: add --yes"
                f" (or look first: provision plan)"
            )

    def _agreed(self, question: str) -> bool:
        return click.confirm(question, err=True)

    def _check_nodes(self, bench: Workbench, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in bench.stack.nodes:
                raise click.UsageError(
                    f"there is no node {name} in {bench.stack.name}; see `provision plan`"
                )

    def _is_local(self, bench: Workbench) -> bool:
        return bench.site.config.environment == LOCAL

    def _code(self, outcome: Outcome, verb: str) -> int:
        if not outcome.failed:
            return 0
        if self.as_json:
            return PartlyDone.exit_code
        for node, error in outcome.failed.items():
            self.errors.print(f"✗ {node}: {error.message}", style="red", soft_wrap=True)
            if error.hint:
                self.errors.print(f"    → {error.hint}", soft_wrap=True)
        self.errors.print(
            f"Partly done: {len(outcome.failed)} failed. Mend that and run"
            f" `provision {verb}` again: it does only what is missing.",
            style="bold",
        )
        return PartlyDone.exit_code

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.began


def _found(seen: Survey) -> dict[str, Step]:
    return {name: f.have for name, f in seen.findings.items() if f.have is not None}


def _writes(findings: Mapping[str, Finding]) -> int:
    return sum(finding.action in WRITES for finding in findings.values())


def _refused(findings: Mapping[str, Finding]) -> bool:
    return any(f.refusal or f.action is Action.FOREIGN for f in findings.values())


def _key_value(bench: Workbench, steps: Mapping[str, Step]) -> str:
    """The only place that asks for an API key's value; it goes to stdout and nowhere else."""
    keys = [step for step in steps.values() if isinstance(step, ApiKey)]
    if not keys:
        raise ProvisionError("there is no API key yet", hint="provision up")
    value: str = bench.aws.apigateway.get_api_key(apiKey=keys[0].id, includeValue=True)["value"]
    return value


def _obey_signals(bench: Workbench) -> None:
    """Ctrl-C and SIGTERM start nothing more and let what is in flight reach the journal."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        bench.aws.clock.stop()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
