"""What a plan comes to: how many of what, why, at which risk, and what was perhaps only renamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from rich.text import Text

from provision.model.risks import Impact, Risk
from provision.output.masking import Masked, instead
from provision.plan.change import PUBLISH, WRITES, Action, Cause, ResourceChange
from provision.plan.renames import likely_renames
from provision.plan.risks import risks_of
from provision.steps.lambda_.function import Function
from provision.views.formatting import ACTION_STYLES
from provision.workflows.origins import Edited, origins

DOINGS: Final = (Action.CREATE, Action.UPDATE, PUBLISH, Action.REPLACE, Action.DELETE)
"""What is done about nodes, in the order in which it is counted."""
NAMED: Final = 4
"""Masked values that are named before the rest is only counted."""
_STATES: Final = ((Action.KEEP, "kept"), (Action.FOREIGN, "foreign"), (Action.BLOCKED, "waiting"))


def summary(changes: Mapping[str, ResourceChange], files: Edited) -> list[Text]:
    """`Plan: 41 to create, 2 kept.`, and below it what else is to be known before one agrees."""
    stuck = {Action.FOREIGN, Action.BLOCKED}
    if not any(change.action in WRITES | stuck for change in changes.values()):
        kept = told_short([one for one in changes.values() if one.action is Action.KEEP])
        skipped = sum(change.action is Action.SKIP for change in changes.values())
        more = f", {skipped} skipped" if skipped else ""
        return [Text(f"Nothing to change: {kept}{more}.", style="green")]
    lines = (
        _counted(changes),
        _why(changes, files),
        _harms(changes),
        _renamed(changes, files),
        _masked(changes, files),
    )
    return [line for line in lines if line]


def _masked(changes: Mapping[str, ResourceChange], files: Edited) -> Text:
    """Which values of what is written are nobody's to read, and where they would be better kept."""
    names = [
        f"{name} of {node}"
        for node, change in changes.items()
        if change.action in WRITES and isinstance(change.want, Function)
        for name, value in change.want.environment.items()
        if isinstance(value, Masked)
    ]
    if not names:
        return Text()
    told = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")
    return Text(
        f"Masked, for the name or form says that it is secret: {told}. {instead(files.config)}",
        style="yellow",
    )


def told_short(kept: Collection[ResourceChange]) -> str:
    """`2 as wanted, 33 not there`: what is left as it is."""
    absent = sum(_is_absent(change) for change in kept)
    words = [f"{len(kept) - absent} as wanted"] if len(kept) > absent or not absent else []
    return ", ".join([*words, f"{absent} not there"] if absent else words)


def lasting(risk: Risk) -> str:
    """`about 1 min, at most 10 min`."""
    usual = f"about {duration(risk.seconds)}"
    return f"{usual}, at most {duration(risk.longest)}" if risk.longest else usual


def duration(spent: int) -> str:
    """In whole minutes from one on."""
    return f"{spent} s" if spent < 60 else f"{round(spent / 60)} min"  # noqa: PLR2004


def _counted(changes: Mapping[str, ResourceChange]) -> Text:
    """What is refused is not among what is done."""
    refused = sum(_is_refused(change) for change in changes.values())
    counts = Counter(f.verb for f in changes.values() if not _is_refused(f))
    absent = sum(_is_absent(change) for change in changes.values())
    counts[Action.KEEP] -= absent
    told = [
        Text(f"{counts[doing]} to {ACTION_STYLES[doing].doing}", style=ACTION_STYLES[doing].style)
        for doing in DOINGS
        if counts[doing]
    ]
    told += [Text(f"{refused} refused", style="bold red")] if refused else []
    told += [
        Text(f"{counts[action]} {word}", style=ACTION_STYLES[action].style)
        for action, word in (*_STATES, (Action.SKIP, "skipped"))
        if counts[action]
    ]
    told += [Text(f"{absent} not there", style="dim")] if absent else []
    return Text("Plan: ").append_text(Text(", ").join(told)).append(".")


def _is_refused(change: ResourceChange) -> bool:
    """Whether the user has to allow it first. What is foreign is counted as that."""
    return bool(change.blocked_by) and change.action in WRITES


def _is_absent(change: ResourceChange) -> bool:
    """On the way down: there is nothing to remove."""
    return change.action is Action.KEEP and change.have is None and bool(change.reason)


def _why(changes: Mapping[str, ResourceChange], files: Edited) -> Text:
    """`Why: 2 by config.yaml, 3 by code in function/.`"""
    counts = Counter(words for each in origins(changes, files).values() for words in each)
    last = [files.words(cause) for cause in (Cause.CONFIG, Cause.DRIFT, Cause.REMOVED)]
    order = sorted(counts, key=lambda words: last.index(words) if words in last else -1)
    told = ", ".join(f"{counts[words]} {words}" for words in order)
    return Text(f"Why: {told}." if told else "", style="dim")


def _harms(changes: Mapping[str, ResourceChange]) -> Text:
    """`Risks: 1 data loss, 2 slow (up to 45 min).`"""
    risks = [risk for change in changes.values() for risk in risks_of(change)]
    counts = Counter(risk.impact for risk in risks)
    longest = max((risk.longest or risk.seconds for risk in risks), default=0)
    told = [f"{counts[impact]} {impact}" for impact in Impact if counts[impact]]
    if longest:
        told[-1] += f" (up to {duration(longest)})"
    return Text(f"Risks: {', '.join(told)}." if told else "", style="bold red")


def _renamed(changes: Mapping[str, ResourceChange], files: Edited) -> Text:
    """One line that can be copied into the configuration."""
    found = likely_renames(changes)
    if not found:
        return Text()
    line = ", ".join(f"{old}: {new}" for old, new in found.items())
    text = Text("Renamed? `").append(f"moved: {{{line}}}", style="bold")
    return text.append(f"` in {files.config} keeps {'it' if len(found) == 1 else 'them'}.")
