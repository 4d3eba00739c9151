"""An account in memory with one kind of resource, so that tests of the engine need no calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, cast

from botocore.exceptions import ClientError, ReadTimeoutError

from provision.aws.client import Aws
from provision.engine.events import NodeEvent
from provision.engine.executor import Executor
from provision.engine.ownership_check import OwnershipCheck
from provision.model.step import Computed, Fixed, Tagged, with_computed
from provision.model.stored_data import Backup
from provision.plan.change import Action, ResourceChange, diff_fields
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.ownership import Ownership
from provision.state.journal import Journal
from provision.trace import Trace
from tests.support.harness import HOLDER
from tests.support.virtual_clock import VirtualClock
from tests.unit.plan.kinds import NAME, OURS, a_stack

LOST = ReadTimeoutError(endpoint_url="https://aws")


def refused(code: str, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "AWS's own text"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Call")


@dataclass
class Account:
    """Resources by id, the calls in their order, and the faults of the next calls."""

    resources: dict[str, Item] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    clock: VirtualClock = field(default_factory=VirtualClock)
    listener: Callable[[str], None] | None = None
    heard: list[bool] = field(default_factory=list)
    access: Any = field(default_factory=lambda: SimpleNamespace(region="eu-west-1"))
    trace: Trace = field(default_factory=Trace)

    def on_wait(self, listener: Callable[[str], None] | None) -> None:
        self.listener = listener

    def called(self, verb: str, name: str) -> None:
        """Record the call, and run its fault before AWS acts on it."""
        self.calls.append((verb, name))
        self.heard.append(self.listener is not None)
        if waiting := self.faults.get(verb):
            waiting.pop(0)()

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] in {"create", "update", "delete"}]


def raising(error: Exception) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


def nothing() -> None:
    """Happen without a fault."""


def of(aws: Aws) -> Account:
    return cast(Account, aws)


@dataclass(frozen=True, kw_only=True)
class Item(Tagged):
    KIND = "test.item"
    IDENTITY = ("name",)
    name: Fixed[str] = "x"
    place: Fixed[str] = "here"
    size: int = 1
    expiry: str = ""
    id: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        of(aws).called("observe", self.name)
        found = of(aws).resources
        if self.id:
            return cast("Self | None", found.get(self.id))
        return next((cast(Self, one) for one in found.values() if one.name == self.name), None)

    def create(self, aws: Aws) -> Self:
        account = of(aws)
        made = replace(self, id=f"i-{len(account.calls)}")
        try:
            account.called("create", self.name)
        except ReadTimeoutError as lost:
            if lost is not LOST:  # AWS acted on it
                account.resources[made.id] = made
            raise
        account.resources[made.id] = made
        return made

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        of(aws).called("update", " ".join(sorted(changed)))
        made = with_computed(self, have)
        of(aws).resources[have.id] = made
        return made

    def delete(self, aws: Aws) -> None:
        of(aws).called("delete", self.name)
        of(aws).resources.pop(self.id, None)


ITEM = Item(tags=OURS)
THERE = replace(ITEM, id="i-0")


@dataclass
class Bench:
    """An executor over the account, with what it reported."""

    state: Path
    options: PlanOptions = NO_OPTIONS
    limitations: Limitations = NO_LIMITATIONS
    kinds: Sequence[type[Item]] = (Item,)
    account: Account = field(default_factory=Account)
    events: list[tuple[str, NodeEvent, str]] = field(default_factory=list)
    backups: list[tuple[str, Backup]] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        kinds = {kind.KIND: kind for kind in self.kinds}
        self.journal = Journal(self.state, NAME, kinds).open(HOLDER)
        self.aws = cast(Aws, self.account)
        self.check = OwnershipCheck(self.aws, Ownership(a_stack("it"), self.journal.records))
        self.executor = Executor(
            aws=self.aws,
            journal=self.journal,
            check=self.check,
            options=self.options,
            limitations=self.limitations,
            report=lambda *event: self.events.append(event),
            backed_up=lambda *backup: self.backups.append(backup),
            crossed=self.crossed.append,
        )

    def there(self, step: Item = THERE) -> Item:
        self.account.resources[step.id] = step
        return step

    def faults(self, verb: str, *what: Callable[[], None]) -> None:
        self.account.faults[verb] = list(what)

    def record(self) -> tuple[Any, tuple[str, ...], str] | None:
        found = self.journal.records.get("it")
        return (found.step, found.needs, found.pending) if found else None


def a_change(
    action: Action, want: Item | None = ITEM, have: Item | None = None, **more: Any
) -> ResourceChange:
    diffs = diff_fields(want, have, None) if want and have else ()
    kind = (want or have or ITEM).KIND
    return ResourceChange("it", ("other",), kind, want, have, diffs, action, **more)
