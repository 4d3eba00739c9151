"""The rounds: every tool in its turn makes the stack, changes it and takes it away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Book, Figures, Sample
from bench.home import PROVISION, WORDS, Home
from bench.machine import Emulated
from bench.process import Measured, measure

SLOW, SLOWER = 0.2, 0.4
"""Seconds a call, long enough that the processor's work is done while calls are on their way."""


@dataclass(frozen=True)
class Tool:
    """A tool that is measured: a command for each situation, run in `folder`.

    `begin` forgets the last round, and `edit` does what the user does before a command.
    """

    name: str
    folder: Path
    commands: Mapping[str, Sequence[str]]
    begin: Callable[[], None]
    edit: Callable[[str], None]


def provision(home: Home, *, parallel: int | None = None) -> Tool:
    """Return `provision` itself. `parallel` is another number than its default."""
    more = () if parallel is None else ("--parallel", str(parallel))
    commands = {
        situation: (*PROVISION, *words, *(more if words[0] in {"up", "down"} else ()))
        for situation, words in WORDS.items()
    }
    return Tool("provision", home.folder, commands, home.begin, home.edit)


def script(folder: Path, programs: Mapping[str, Path], python: str, file: Path) -> Tool:
    """Return the plain boto3 script, with the calls of `programs`."""
    ids = folder / "ids.json"
    commands = {
        situation: (python, str(file), str(program), str(ids))
        for situation, program in programs.items()
    }
    return Tool("script", folder, commands, lambda: ids.unlink(missing_ok=True), lambda _: None)


def run_round(account: Emulated, tool: Tool, figures: dict[str, Figures], output: Path) -> None:
    """From an empty account to an empty account."""
    account.reset()
    account.calls()
    tool.begin()
    for situation in tool.commands:
        measured = run(account, tool, situation, output)
        sample = Sample.of(measured, account.calls())
        figures.setdefault(situation, Figures()).samples.append(sample)


def run(account: Emulated, tool: Tool, situation: str, output: Path) -> Measured:
    tool.edit(situation)
    return measure(
        tool.commands[situation],
        home=tool.folder,
        environment=account.environment(),
        output=output,
    )


def run_rounds(
    account: Emulated, tools: Iterable[Tool], rounds: int, output: Path, tell: Callable[[str], None]
) -> Book:
    """Tool after tool in every round, so that a noisy minute hits all alike."""
    book: Book = {tool.name: {} for tool in tools}
    for number in range(1, rounds + 1):
        for tool in tools:
            run_round(account, tool, book[tool.name], output)
            walls = ", ".join(
                f"{name} {figures.samples[-1].wall:.2f}"
                for name, figures in book[tool.name].items()
            )
            tell(f"round {number}, {tool.name}: {walls}")
    return book


def find_chains(
    account: Emulated, tool: Tool, figures: Mapping[str, Figures], output: Path
) -> None:
    """Return by how many seconds a run is longer if every call takes a second longer.

    As many calls had to follow each other. `tool` has a thread for everything that can be done at
    once.
    """
    walls: dict[float, dict[str, float]] = {}
    for latency in (SLOW, SLOWER):
        account.wait_on_every_call(latency)
        account.reset()
        tool.begin()
        walls[latency] = {
            situation: run(account, tool, situation, output).wall for situation in tool.commands
        }
        account.calls()
    for situation, each in figures.items():
        longer = walls[SLOWER][situation] - walls[SLOW][situation]
        each.chain = longer / (SLOWER - SLOW)
