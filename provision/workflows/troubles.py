"""The problems of a stack: the state of every node, and each problem in words, gravest first."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from provision.model.capabilities import HoldsData, KeepsMessages, MayOutliveStack
from provision.model.step import Management, Step, digests
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.lambda_.function import Function
from provision.steps.sqs.queue import Queue
from provision.workflows.health import FIRING, UNCONFIRMED, Health


class State(StrEnum):
    """The one state in which a node is shown, gravest first."""

    FIRING = "firing"
    FAILED = "with failed events"
    AILING = "not working"
    MISSING = "missing"
    FOREIGN = "foreign"
    DRIFTED = "drifted"
    WAITING = "waiting"
    UNCONFIRMED = "unconfirmed"
    OUTDATED = "outdated"  # the configuration changed since the last `up`
    ORPHAN = "to be removed"
    KEPT = "kept"  # no longer configured, kept for its data
    AS_WANTED = "as wanted"
    SKIPPED = "skipped"


FINE: Final = frozenset({State.AS_WANTED, State.SKIPPED, State.KEPT})
_LOGGED_METRICS: Final = ("Errors", "Duration", "5XXError", "Latency")
"""Metrics that logs explain; a call that Lambda throttles reaches no function."""
_FIX_IMPORT: Final = "callers do not reach it: fix the code, then `provision push`"
_ORDER: Final = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True)
class Trouble:
    """A node that is not as it should be.

    `told` is its state as a predicate, `why` explains it, `remedy` is what the user may do if that
    is no plain `up`. `digests` names the fields of which users see a word instead of the value.
    """

    node: str
    state: State
    told: str
    why: str
    remedy: str
    changes: tuple[FieldDiff, ...]
    digests: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """The problem as a sentence for a document: `table.items drifted: ttl`."""
        fields = ", ".join(_told(diff) for diff in self.changes)
        more = "; ".join(words for words in (self.why, fields) if words)
        return f"{self.node} {self.told}{f': {more}' if more else ''}"


def _told(diff: FieldDiff) -> str:
    """Return the field; for undeclared settings their own words."""
    undeclared = diff.have if diff.field == "strays" and not diff.want else ()
    return ", ".join(undeclared) or diff.field


def state_of(change: ResourceChange) -> State:
    """Return the state that follows from a change alone."""
    match change.action:
        case Action.KEEP:
            kept = change.cause is Cause.REMOVED and change.have is not None
            return State.KEPT if kept else State.AS_WANTED
        case Action.CREATE:
            return State.MISSING
        case Action.SKIP:
            return State.SKIPPED
        case Action.FOREIGN:
            return State.FOREIGN
        case Action.BLOCKED:
            return State.WAITING
        case Action.DELETE:
            return State.ORPHAN
    drifted = any(diff.cause is Cause.DRIFT for diff in change.diffs)
    return State.DRIFTED if drifted else State.OUTDATED


def states_of(changes: Mapping[str, ResourceChange], health: Health) -> dict[str, State]:
    """Return by node the gravest state that its change and its health show."""
    states = {node: state_of(change) for node, change in changes.items()}
    for node, state in _ill(health):
        if node in states and _ORDER[state] < _ORDER[states[node]]:
            states[node] = state
    return states


def troubles(changes: Mapping[str, ResourceChange], health: Health) -> tuple[Trouble, ...]:
    """Return every node that is not as it should be, gravest first."""
    states = states_of(changes, health)
    found = [
        _trouble(changes, change, states[node], health)
        for node, change in changes.items()
        if states[node] not in FINE
    ]
    return tuple(sorted(found, key=lambda each: _ORDER[each.state]))


def nothing_runs(changes: Mapping[str, ResourceChange], states: Mapping[str, State]) -> bool:
    """Return whether the stack is not deployed: never, or no more after `down`.

    `down` keeps data, and settings that the whole account shares.
    """
    return not any(
        state not in {State.MISSING, State.SKIPPED} and not _outlives(changes[node].have)
        for node, state in states.items()
    )


def _outlives(have: object) -> bool:
    """Return whether `down` may leave the resource."""
    if not isinstance(have, Step):
        return True  # nothing is there, such as interfaces that AWS makes for a function
    shared = have.MANAGEMENT is not Management.FULL
    return shared or isinstance(have, HoldsData | KeepsMessages | MayOutliveStack)


def _ill(health: Health) -> list[tuple[str, State]]:
    """Return the nodes whose health alone shows a problem, with their state."""
    return [
        *((node, State.FIRING) for node, state in health.alarms.items() if state == FIRING),
        *((node, State.FAILED) for node, count in health.dead_letters.items() if count),
        *((node, State.AILING) for node in health.ailments),
        *(
            (node, State.UNCONFIRMED)
            for node, word in health.subscriptions.items()
            if word == UNCONFIRMED
        ),
    ]


def _trouble(
    changes: Mapping[str, ResourceChange], change: ResourceChange, state: State, health: Health
) -> Trouble:
    told, why = _words(change, state, health)
    under = state_of(change)
    if under is not state and under not in FINE:
        why = "; ".join(words for words in (why, f"also {under}") if words)
    known = digests(type(change.want)) if change.want else {}
    shown = {name: digest.content for name, digest in known.items()}
    if failed := health.not_imported.get(change.node, ""):
        why = "; ".join(words for words in (why, failed) if words)
    emptied = _emptied_words(changes, change.have, health) if state is State.FIRING else ""
    why = emptied or why
    remedy = change.unblock_hint
    if not remedy and failed:
        remedy = _FIX_IMPORT
    elif not remedy and not emptied:
        remedy = _where_to_look(changes, change, state)
    return Trouble(change.node, state, told, why, remedy, change.diffs, shown)


def _emptied_words(changes: Mapping[str, ResourceChange], alarm: object, health: Health) -> str:
    """Return why the alarm still fires if its queue has no waiting message any more, or ""."""
    if not isinstance(alarm, Alarm) or alarm.namespace != "AWS/SQS":
        return ""
    queue = _node_of_queue(changes, alarm)
    if queue is None or health.dead_letters.get(queue) != 0:
        return ""
    minutes = max(1, alarm.period * alarm.evaluation_periods // 60)
    return (
        f"no event waits in its queue now: the alarm looks at the last {minutes} min, and ends by"
        " itself a few minutes later"
    )


def _node_of_queue(changes: Mapping[str, ResourceChange], alarm: Alarm) -> str | None:
    name = alarm.dimensions.get("QueueName")
    of = (n for n, c in changes.items() if isinstance(c.have, Queue) and c.have.name == name)
    return next(of, None)


def _where_to_look(
    changes: Mapping[str, ResourceChange], change: ResourceChange, state: State
) -> str:
    """Return the command that shows what led to a firing alarm or to failed events, or ""."""
    if state is State.FAILED:
        return _letters_of(change.node)
    alarm = change.have
    if state is not State.FIRING or not isinstance(alarm, Alarm):
        return ""
    seen = {change.node: change.have for change in changes.values() if change.have is not None}
    match alarm.namespace:
        case "AWS/Lambda" if alarm.metric in _LOGGED_METRICS:
            name = alarm.dimensions.get("FunctionName")
            of = (n for n, have in seen.items() if isinstance(have, Function) and have.name == name)
            what = next((shlex.quote(node.partition(".")[2]) for node in of), "")
            return _logs(what, errors=alarm.metric == "Errors") if what else ""
        case "AWS/ApiGateway" if alarm.metric in _LOGGED_METRICS:
            return _logs("", errors=alarm.metric == "5XXError")
        case "AWS/SQS":
            queue = _node_of_queue(changes, alarm)
            return _letters_of(queue) if queue else ""
    return ""


def _logs(what: str, *, errors: bool) -> str:
    words = ["provision logs", what, "--errors" if errors else "", "--since 15m"]
    return f"its log: `{' '.join(word for word in words if word)}`"


def _letters_of(queue: str) -> str:
    function = queue.removeprefix("function.").removesuffix(".dead_letters")
    return f"the events: `provision dlq peek {shlex.quote(function)}`"


def _words(change: ResourceChange, state: State, health: Health) -> tuple[str, str]:
    """Return the state as a predicate, and its explanation."""
    match state:
        case State.FIRING:
            what = change.have.description if isinstance(change.have, Alarm) else ""
            return f"is in {FIRING}", what
        case State.FAILED:
            count = health.dead_letters[change.node]
            return f"holds {count} failed event{'s' if count > 1 else ''}", ""
        case State.AILING:
            return state.value, health.ailments[change.node]
        case State.MISSING:
            gone = "gone from AWS" if change.cause is Cause.DRIFT else "not made yet"
            return "missing", change.reason or gone
        case State.UNCONFIRMED:
            name = change.label.rpartition(" ")[2]
            return (
                "unconfirmed",
                f"no alarm is delivered until {name} follows the link in AWS's mail",
            )
        case State.ORPHAN:
            dropped = change.cause is Cause.REMOVED
            why = "no longer configured" if dropped else "replaced"
            return "to be removed", change.reason or why
    return state.value, change.reason
