"""A user's directory with the shipped stack, and the edits that the measured commands answer to."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.figures import CODE, DOWN, FRESH, PLAN, PUSH, ROUTE, STATUS, UNCHANGED
from bench.machine import ROOT

PROVISION = (sys.executable, "-m", "provision")
WORDS: Mapping[str, Sequence[str]] = {
    FRESH: ("up", "--yes"),
    UNCHANGED: ("up", "--yes"),
    PLAN: ("plan",),
    STATUS: ("status",),
    CODE: ("up", "--yes"),
    PUSH: ("push",),
    ROUTE: ("up", "--yes"),
    DOWN: ("down", "--yes", "--destroy-data"),
}
"""In this order, each from where the one before left the account."""


@dataclass(frozen=True)
class Home:
    """`folder` holds config.yaml and what it names."""

    folder: Path

    @classmethod
    def shipped(cls, folder: Path) -> Home:
        """config.yaml as it comes, with its function and layer."""
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "config.yaml", folder)
        for source in ("function", "layer"):
            shutil.copytree(ROOT / source, folder / source)
        return cls(folder)

    def begin(self) -> None:
        """As if nothing had been made: the state is gone, the zips are kept."""
        shutil.rmtree(self.folder / ".provision" / "dev", ignore_errors=True)

    def edit(self, situation: str) -> None:
        """Edit the files as a user would before the command."""
        if situation in {CODE, PUSH}:
            with (self.folder / "function" / "app.py").open("a") as file:
                file.write(f"# {time.time_ns()}\n")
        if situation == ROUTE:
            self.change_route()

    def change_route(self) -> None:
        """One route takes its body unchecked, or checked again."""
        file = self.folder / "config.yaml"
        settings = yaml.safe_load(file.read_text("utf-8"))
        routes = settings["api"]["routes"]
        name = next(name for name in routes if name.startswith("POST "))
        plain = routes[name] if isinstance(routes[name], str) else routes[name]["function"]
        checked = {"function": plain, "body": "Item"}
        routes[name] = checked if isinstance(routes[name], str) else plain
        file.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
