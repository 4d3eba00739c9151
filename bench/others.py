"""The other tools, each in a virtual environment of its own under build/peers.

They build small configurations of the same stack (bench/peers). A tool that cannot be installed, or
does not run on the emulator, is left out with a note; never a number.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import CODE, DOWN, FRESH, UNCHANGED, Book
from bench.home import Home
from bench.machine import CACHE, ROOT, Emulated
from bench.process import CommandFailed
from bench.rounds import Tool, run_round

PEERS = ROOT / "bench" / "peers"
INSTALLED = ROOT / "build" / "peers"
ROUNDS = 1
"""Of a tool that takes minutes for one."""


@dataclass(frozen=True)
class Other:
    """One of the other tools.

    `tool` makes it from its virtual environment's programs, its folder and the shipped home;
    `leaves_out` says what its stack lacks.
    """

    name: str
    folder: str
    tool: Callable[[Path, Path, Home], Tool]
    leaves_out: str


def ansible(programs: Path, folder: Path, home: Home) -> Tool:
    """Two playbooks; the zips are packed beforehand, which is not timed."""
    code = folder / "function.zip"
    zips = CACHE.rglob("*.zip")
    layer = max(zips, key=lambda file: file.stat().st_size)

    def edit(situation: str) -> None:
        if situation in {FRESH, CODE}:
            _pack(home.folder / "function", code)

    playbook = str(programs / "ansible-playbook")
    deploy = (playbook, "deploy.yml", "-e", f"zip={code}", "-e", f"layer={layer}")
    commands: Mapping[str, Sequence[str]] = {
        FRESH: deploy,
        UNCHANGED: deploy,
        CODE: deploy,
        DOWN: (playbook, "remove.yml"),
    }
    return Tool("Ansible", folder, commands, lambda: None, edit)


def chalice(programs: Path, folder: Path, home: Home) -> Tool:  # noqa: ARG001  (it has its own)
    """Return Chalice with an application of its own that has the shipped routes."""

    def edit(situation: str) -> None:
        if situation == CODE:
            with (folder / "app.py").open("a") as file:
                file.write(f"# {time.time_ns()}\n")

    program = str(programs / "chalice")
    deploy = (program, "deploy", "--stage", "dev")
    commands: Mapping[str, Sequence[str]] = {
        FRESH: deploy,
        UNCHANGED: deploy,
        CODE: deploy,
        DOWN: (program, "delete", "--stage", "dev"),
    }
    deployed = folder / ".chalice" / "deployed"
    return Tool(
        "Chalice", folder, commands, lambda: shutil.rmtree(deployed, ignore_errors=True), edit
    )


OTHERS = (
    Other(
        "Ansible",
        "ansible",
        ansible,
        "makes no REST API (its module imports OpenAPI, which the emulator does not do), so no"
        " stage, key, plan or permission either, and no dashboard",
    ),
    Other(
        "Chalice",
        "chalice",
        chalice,
        "makes a function, its role and an API; no table, network, alarms or logs",
    ),
)


def _pack(source: Path, target: Path) -> None:
    """With a line more each time, as an edited function has."""
    with zipfile.ZipFile(target, "w") as file:
        for each in sorted(source.rglob("*.py")):
            file.write(each, each.relative_to(source))
        file.writestr("changed.txt", str(time.time_ns()))


def install(other: Other) -> Path:
    """Its programs. Raises `CalledProcessError` where pip does."""
    environment = INSTALLED / other.folder
    wanted = PEERS / other.folder / "requirements.txt"
    stamp = environment / "requirements.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
        python = environment / "bin" / "python"
        for command in (
            [sys.executable, "-m", "venv", str(environment)],
            [str(python), "-m", "pip", "--quiet", "install", "--requirement", str(wanted)],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
        shutil.copy(wanted, stamp)
    return environment / "bin"


def measure_others(
    account: Emulated, home: Home, book: Book, folder: Path, tell: Callable[[str], None]
) -> list[str]:
    """Put their figures into `book`, and return a note on each for the page."""
    folder.mkdir()
    notes = []
    for other in OTHERS:
        tell(f"{other.name}: installing")
        try:
            programs = install(other)
            place = folder / other.folder
            shutil.copytree(PEERS / other.folder, place)
            tool = other.tool(programs, place, home)
            figures = book[other.name] = {}
            for number in range(1, ROUNDS + 1):
                run_round(account, tool, figures, folder / "output")
                walls = ", ".join(f"{s} {f.samples[-1].wall:.2f}" for s, f in figures.items())
                tell(f"round {number}, {other.name}: {walls}")
            ours = book["provision"][FRESH].write
            notes.append(
                f"{other.name} {other.leaves_out}: {figures[FRESH].write} writes for a fresh stack"
                f" where `provision` has {ours}. {ROUNDS} round."
            )
        except (CommandFailed, subprocess.CalledProcessError) as error:
            book.pop(other.name, None)
            tell(f"{other.name} is left out: {error}")
            notes.append(f"{other.name} is left out: {_reason(error)}")
    return notes


def _reason(error: CommandFailed | subprocess.CalledProcessError) -> str:
    """In one line what AWS's emulator or pip said: from the last error to the end."""
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    lines = [line.strip() for line in str(said).splitlines() if line.strip()]
    last = max((n for n, line in enumerate(lines) if "rror" in line), default=-1)
    return " ".join(lines[last:])[:300]
