"""Conditions after a disturbance: two sequels, checked by the account's content afterwards."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.crashes.setup import Edition, Shape, World, attempt, shape, told
from tests.support.account_inventory import Inventory, without_proofs


@dataclass(frozen=True)
class Operation:
    """One command that is disturbed, after those of `first` ran undisturbed."""

    name: str
    verb: str
    edition: Edition
    first: tuple[tuple[str, Edition], ...] = ()
    lost: bool = False
    """Whether the state directory is lost with the process, which is only killed, at writes."""


@dataclass
class Judge:
    """Checks one operation; `whole` is the account's content after an undisturbed `up`."""

    world: World
    operation: Operation
    before: Inventory
    whole: Shape = field(default_factory=dict)

    def prepare(self) -> None:
        """Bring the account to the state in which the operation starts."""
        for verb, edition in self.operation.first:
            assert attempt(self.world.command(verb, edition)) == []

    def learn(self, folder: Path) -> None:
        """Find `whole`, in a process of its own."""
        file = folder / f"{self.operation.name}-whole.json"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self._learn(file)
                status = 0
            except BaseException:  # noqa: BLE001  (it ends here, with status 1)
                traceback.print_exc()  # the child's output would be lost with it
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        found = json.loads(file.read_text())
        self.whole = shape({kind: frozenset(names) for kind, names in found.items()})

    def _learn(self, file: Path) -> None:
        self.world.move_state(file.with_suffix(".state"))
        failed = attempt(self.world.command("up", self.operation.edition))
        assert failed == [], failed
        file.write_text(json.dumps({k: sorted(v) for k, v in self.world.now().items()}))

    def sequels(self, *, finished: bool = False) -> dict[str, Callable[[], list[str]]]:
        """Return the sequels; each returns its complaints, or nothing.

        If the disturbed command finished by itself, the account is checked at once, and then
        follows the second sequel.
        """
        if finished and self.operation.verb == "up":
            return {"again": lambda: self.is_up() or self.goes_down()}
        if finished:
            return {"again": lambda: self.is_down() or self.goes_up()}
        if self.operation.verb == "up":
            return {"again": lambda: self.goes_up() or self.goes_down(), "turn": self.goes_down}
        return {"again": self.goes_down, "turn": self.goes_up}

    def goes_up(self) -> list[str]:
        return attempt(self.world.command("up", self.operation.edition)) or self.is_up()

    def is_up(self) -> list[str]:
        wrong = told("after up", shape(self.world.now()), self.whole)
        wrong += [f"intention left after up: {node}" for node in self.world.intentions()]
        wrong += attempt(self.world.command("up", self.operation.edition))
        writes = [call.operation for call in self.world.last.calls if call.write]
        return wrong + ([f"a further up writes {writes}"] if writes else [])

    def goes_down(self) -> list[str]:
        return attempt(self.world.command("down", self.operation.edition)) + self.is_down()

    def is_down(self) -> list[str]:
        now = without_proofs(self.world.now())
        wrong = [
            f"after down: {kind} {sorted(names ^ self.before.get(kind, frozenset()))}"
            for kind, names in now.items()
            if names != self.before.get(kind)
        ]
        gone = self.before.keys() - now.keys()
        wrong += [f"after down: all of {kind} gone" for kind in sorted(gone)]
        return wrong + [f"intention left after down: {node}" for node in self.world.intentions()]
