"""The plain script's orders: the calls `provision` was seen to make, without its looks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bench.figures import CODE, DOWN, FRESH, UNCHANGED
from bench.home import WORDS, Home
from bench.machine import Emulated
from bench.process import measure
from provision.aws.access import READ_PREFIXES

SITUATIONS = (FRESH, UNCHANGED, CODE, DOWN)
WAITS = frozenset(["GetFunction"])
"""AWS refuses the next call on a function before this says that it is ready (L7)."""
LEARNS = frozenset(["DescribeSecurityGroups"])
"""No other answer has the id of a VPC's default group."""


def record(account: Emulated, home: Home, folder: Path) -> dict[str, Path]:
    """Run each command once, and write down what it did. The account and the home are used up."""
    folder.mkdir(parents=True, exist_ok=True)
    account.reset()
    home.begin()
    programs = {}
    for situation in SITUATIONS:
        home.edit(situation)
        seen = folder / "seen.json"
        measure(
            [sys.executable, "-m", "bench.recording", str(seen), *WORDS[situation]],
            home=home.folder,
            environment=account.environment(),
            output=folder / "output",
        )
        nodes: dict[str, Any] = json.loads(seen.read_text("utf-8"))
        programs[situation] = folder / f"{situation.replace(' ', '-')}.json"
        program = reads(nodes) if situation == UNCHANGED else writes(nodes)
        programs[situation].write_text(json.dumps(program), "utf-8")
    account.calls()
    return programs


def reads(nodes: dict[str, Any]) -> dict[str, Any]:
    """Return every call by itself, none after another.

    The ids are known, so nothing is learned from the answers, whose lists come in any order.
    """
    calls = [
        {**call, "answer": {k: v for k, v in call["answer"].items() if k == "Error"}}
        for node in nodes.values()
        for call in node["calls"]
    ]
    return {str(n): {"after": [], "calls": [call]} for n, call in enumerate(calls)}


def writes(nodes: dict[str, Any]) -> dict[str, Any]:
    """Node by node what changes something, and what AWS wants waited for."""
    return {
        name: {"after": node["after"], "calls": [c for c in node["calls"] if _needed(c)]}
        for name, node in nodes.items()
        if name
    }


def _needed(call: dict[str, Any]) -> bool:
    if "Error" in call["answer"]:
        return False
    operation: str = call["operation"]
    return operation in WAITS | LEARNS or not operation.startswith(READ_PREFIXES)


def services_of(program: Path) -> list[str]:
    """Whose clients it needs."""
    nodes: dict[str, Any] = json.loads(program.read_text("utf-8"))
    return sorted({call["service"] for node in nodes.values() for call in node["calls"]})
