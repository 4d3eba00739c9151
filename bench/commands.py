"""Wall time and AWS calls of each command on the embedded emulator: `make bench`.

The whole process is timed, as a user waits for it. Each round starts from an empty emulator.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "up from nothing": ("up", "--yes"),
    "up, nothing changed": ("up", "--yes"),
    "plan": ("plan",),
    "status": ("status",),
    "down": ("down", "--yes", "--destroy-data"),
}


@dataclass
class Figures:
    """One command over all rounds."""

    seconds: list[float] = field(default_factory=list)
    read: int = 0
    write: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    figures = {name: Figures() for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as folder:
        home = Path(folder)
        shutil.copy(ROOT / "config.yaml", home)
        for source in ("function", "layer"):
            shutil.copytree(ROOT / source, home / source)
        port = free_port()
        run(home, port, "plan")  # builds the layer once: that is uv's time, not ours
        try:
            for _ in range(rounds):
                for name, words in COMMANDS.items():
                    measure(home, port, figures[name], words)
        finally:
            subprocess.run(command(port, "local", "reset"), cwd=home, check=True)
    report(figures, rounds)


def command(port: int, *words: str) -> list[str]:
    return [sys.executable, "-m", "provision", "--local-port", str(port), *words]


def run(home: Path, port: int, *words: str) -> Any:
    done = subprocess.run(
        command(port, *words, "--local", "--json"),
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def measure(home: Path, port: int, figures: Figures, words: tuple[str, ...]) -> None:
    began = time.perf_counter()
    answer = run(home, port, *words)
    figures.seconds.append(time.perf_counter() - began)
    figures.read, figures.write = answer["calls"]["read"], answer["calls"]["write"]


def report(figures: dict[str, Figures], rounds: int) -> None:
    cores = os.cpu_count()
    print(
        f"{rounds} rounds, {platform.machine()}, {cores} cores, Python {platform.python_version()}"
    )
    print()
    print("| command | median seconds | min | max | reads | writes |")
    print("|---|---|---|---|---|---|")
    for name, each in figures.items():
        low, high = min(each.seconds), max(each.seconds)
        middle = statistics.median(each.seconds)
        print(f"| {name} | {middle:.2f} | {low:.2f} | {high:.2f} | {each.read} | {each.write} |")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
