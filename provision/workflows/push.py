"""Updates only the code of functions.

The records of a function, its version and its alias are believed once AWS agrees with them, so a
push takes six calls and the waiting for them. All other differences are left to `up`: publishing
would freeze them into the version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from provision.aws.access import account_of
from provision.aws.concurrency import read_pool
from provision.engine.engine import WORKERS, Engine
from provision.errors import ProvisionError
from provision.model.stack import Node
from provision.model.step import Step, with_computed
from provision.plan.change import Action, ResourceChange, diff_fields
from provision.plan.plan import Result
from provision.state.other_location import PinnedLocation
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.lambda_.version import Version

S = TypeVar("S", bound=Step)

CODE: Final = frozenset({"code_sha256"})
NEEDS_UP: Final = ("runtime", "handler", "architecture")
"""Settings that code is written for: they go live together with the code, or not at all."""


class NotPushed(ProvisionError):
    """The error that more than code has to change, so nothing was pushed."""


@dataclass(frozen=True)
class CodeRelease:
    """One function as wanted and as it is in AWS; `function.want` has the new code."""

    function: ResourceChange
    version: Version
    """As recorded: the version that was published last."""
    alias: Alias
    other_changes: tuple[str, ...]
    """Fields that config.yaml changes in addition to the code."""


@dataclass(frozen=True)
class PushPlan:
    """The releases that would be pushed, by the function's node."""

    releases: Mapping[str, CodeRelease]

    @property
    def writes(self) -> int:
        """The number of nodes that change with the code."""
        changed = (r.function.action is Action.UPDATE for r in self.releases.values())
        return 3 * sum(changed)


def function_node(key: str) -> str:
    """Return the node of a function of config.yaml. Version and alias are named after it."""
    return f"function.{key}"


def plan_push(engine: Engine, keys: Collection[str], *, workers: int = WORKERS) -> PushPlan:
    """Observe these functions and plan their push. Must not write.

    Raises `NotPushed` if one needs `up` first.
    """
    releases: dict[str, CodeRelease] = {}

    def visit(node: str) -> None:
        releases[node] = _ReleasePlanner(engine, node).release()

    nodes = [function_node(key) for key in keys]
    with engine.aws.reading():
        engine.raise_first(engine.walk("look", dict.fromkeys(nodes, ()), visit, workers))
    return PushPlan({node: releases[node] for node in nodes})


def push(
    engine: Engine,
    seen: PushPlan,
    *,
    workers: int = WORKERS,
) -> Result:
    """Upload, publish and move the alias, each function on its own.

    Settings that are already as wanted are not written.
    """
    pushes = [_ReleaseExecutor(engine, release) for release in seen.releases.values()]
    visits = {name: visit for push in pushes for name, visit in push.visits.items()}
    graph = {name: needs for push in pushes for name, needs in push.needs.items()}
    failed = engine.walk("push", graph, lambda name: visits[name](), workers)
    return Result(
        {name: change for push in pushes for name, change in push.acted().items()},
        {name: step for push in pushes for name, step in push.steps.items()},
        failed,
        engine.aws.clock.stopped,
    )


@dataclass
class _ReleaseExecutor:
    """The push of one function: three nodes, each after the one before it."""

    engine: Engine
    release: CodeRelease
    steps: dict[str, Step] = field(default_factory=dict)
    _acted: dict[str, ResourceChange] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, str, str]:
        """The nodes of the function, its version and its alias."""
        name = self.release.function.node
        return name, f"{name}.version", f"{name}.alias"

    @property
    def visits(self) -> Mapping[str, Callable[[], None]]:
        return dict(zip(self.names, (self._upload, self._publish, self._move), strict=True))

    @property
    def needs(self) -> Mapping[str, tuple[str, ...]]:
        function, version, alias = self.names
        return {function: (), version: (function,), alias: (version,)}

    def acted(self) -> Mapping[str, ResourceChange]:
        """Return the changes as made, and those not begun as an earlier one failed."""
        now = (self.release.function.have, self.release.version, self.release.alias)
        return {
            name: self._acted.get(name) or self._not_begun(name, step)
            for name, step in zip(self.names, now, strict=True)
            if step
        }

    def _upload(self) -> None:
        name = self.names[0]
        self._acted[name] = change = self.release.function
        self.steps[name] = self.engine.make(change)

    def _publish(self) -> None:
        function, name, _ = self.names
        node = self.engine.stack.nodes[name]
        wanted = node.build({function: self.steps[function]})
        change = self.engine.change(name, wanted, self.release.version)
        uploaded = self.release.function.action is Action.UPDATE
        if uploaded or self.engine.journal.records[name].pending:  # safe to repeat (L11)
            change = replace(change, action=Action.REPLACE)
        self._acted[name] = change
        self.steps[name] = self.engine.make(change)

    def _move(self) -> None:
        _, version, name = self.names
        node, published = self.engine.stack.nodes[name], self.steps[version]
        assert isinstance(published, Version)
        wanted = node.build({version: published})
        change = self.engine.change(name, wanted, self.release.alias)
        self._acted[name] = change
        self.steps[name] = self.engine.make(change)

    def _not_begun(self, name: str, step: Step) -> ResourceChange:
        needs, reason = self.engine.stack.nodes[name].needs, "an earlier step did not finish"
        return ResourceChange(name, needs, step.KIND, None, step, (), Action.BLOCKED, reason)


@dataclass(frozen=True)
class _ReleasePlanner:
    """One function's records, compared with config.yaml and AWS."""

    engine: Engine
    name: str

    def release(self) -> CodeRelease:
        """Return the release. The first reads run while the zip is built."""
        recorded = self._recorded(self.name, Function)
        version = self._recorded(f"{self.name}.version", Version)
        alias = self._recorded(f"{self.name}.alias", Alias)
        aws = self.engine.aws
        with read_pool() as pool:
            function_now = pool.submit(recorded.observe, aws)
            alias_now = pool.submit(alias.observe, aws)
            built: dict[str, Step] = {}
            want = self._wanted(self.name, built)
            assert isinstance(want, Function)
            left = self._other_changes(want, recorded)
            self._check_layers(built)
        pushed = replace(recorded, code_sha256=want.code_sha256, zip=want.zip, failure="")
        have = function_now.result()
        self._check_account(have)
        change = self._planned(pushed, have)
        return CodeRelease(change, version, self._reachable(alias_now.result()), left)

    def _wanted(self, name: str, built: dict[str, Step]) -> Step:
        """Return what config.yaml wants of a node, with AWS's choices from the records."""
        if name in built:
            return built[name]
        node: Node[Step] = self.engine.stack.nodes[name]
        inputs = {need: self._wanted(need, built) for need in node.needs}
        want = node.build(inputs).with_owner(self.engine.ownership.owner_of(name))
        if want.KIND in self.engine.limitations.unsupported_kinds:
            built[name] = with_computed(want, None)
            return built[name]
        built[name] = with_computed(want, self._recorded(name, type(want)))
        return built[name]

    def _check_layers(self, built: Mapping[str, Step]) -> None:
        for name, want in built.items():
            if isinstance(want, Layer) and diff_fields(want, self._recorded(name, Layer), None):
                raise NotPushed(
                    f"{name} is not what was published: {self.name} would run with the old one",
                    hint="`provision up` publishes the layer and the code together",
                )

    def _recorded(self, name: str, kind: type[S]) -> S:
        record = self.engine.journal.records.get(name)
        half_made = record is None or record.pending == "delete"
        if record is not None and record.pending == "create":
            half_made = kind is not Version  # left by a push that died: publishing ends it
        if record is None or half_made or not isinstance(record.step, kind):
            state = "half created" if record else "not recorded as created"
            raise NotPushed(
                f"{self.name} cannot be pushed: {name} is {state}",
                hint="`provision up` creates it; from then on `provision push` deploys its code",
            )
        return record.step

    def _other_changes(self, want: Function, recorded: Function) -> tuple[str, ...]:
        fields = [c.field for c in diff_fields(want, recorded, None) if c.field not in CODE]
        if together := [field for field in fields if field in NEEDS_UP]:
            raise NotPushed(
                f"{self.name}: config.yaml changes {_listed(together)}, which must change together"
                " with the code",
                hint="`provision up` applies both at once",
            )
        return tuple(fields)

    def _check_account(self, have: Function | None) -> None:
        """Raise `WrongAccount` if these answers are from another account.

        The account may not have been asked for before (`assume_recorded_account`).
        """
        aws = self.engine.aws
        account = account_of(have.arn) if have else aws.fetch_location().account
        self.engine.journal.check(PinnedLocation(account, aws.access.region))

    def _planned(self, want: Function, have: Function | None) -> ResourceChange:
        if have is None:
            raise NotPushed(f"{self.name}: {want.name} is gone", hint="`provision up` creates it")
        change = self.engine.change(self.name, want, have)
        if change.action is Action.FOREIGN:
            raise NotPushed(change.reason, hint=change.unblock_hint)
        if drifted := [c.field for c in change.diffs if c.field not in CODE]:
            raise NotPushed(
                f"{self.name} has drifted in {_listed(drifted)}: publishing would make that"
                " permanent",
                hint="`provision plan` shows what differs; `provision up` corrects it",
            )
        return change

    def _reachable(self, alias: Alias | None) -> Alias:
        node = f"{self.name}.alias"
        if alias is None:
            raise NotPushed(f"{node} is gone", hint="`provision up` creates it")
        if alias.weights:
            raise NotPushed(
                f"{node} shares its calls with version {_listed(alias.weights)}",
                hint="end that first, or let `provision up` end it",
            )
        return alias


def _listed(words: Collection[str]) -> str:
    return ", ".join(words)
