"""Summarizes a plan: counts by action, causes, risks, masked values and likely renames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from rich.text import Text

from provision.model.risks import Impact, Risk
from provision.plan.change import PUBLISH, WRITES, Action, Cause, ResourceChange
from provision.plan.renames import likely_renames
from provision.plan.risks import risks_of
from provision.sanitizing.masking import Masked, instead
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.public import authorized_routes, named, public_routes
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.reach import is_open
from provision.views.formatting import ACTION_STYLES
from provision.workflows.origins import Edited, origins

DOINGS: Final = (Action.CREATE, Action.UPDATE, PUBLISH, Action.REPLACE, Action.DELETE)
"""Actions on nodes, in the order in which they are counted."""
NAMED: Final = 4
"""The greatest number of masked values that are named; the others are only counted."""
_STATES: Final = ((Action.KEEP, "kept"), (Action.FOREIGN, "foreign"), (Action.BLOCKED, "waiting"))


def summary(changes: Mapping[str, ResourceChange], files: Edited) -> list[Text]:
    """Return the counts, such as `Plan: 41 to create, 2 kept.`, and what else to know.

    These are causes, risks, likely renames and masked values: the user sees them before agreeing.
    """
    stuck = {Action.FOREIGN, Action.BLOCKED}
    if not any(change.action in WRITES | stuck for change in changes.values()):
        kept = kept_words([one for one in changes.values() if one.action is Action.KEEP])
        skipped = sum(change.action is Action.SKIP for change in changes.values())
        more = f", {skipped} skipped" if skipped else ""
        nothing = Text(f"Nothing to change: {kept}{more}.", style="green")
        told = (
            nothing,
            _public(changes),
            _authorized(changes),
            _wide(changes),
            _open(changes),
        )
        return [line for line in told if line]
    lines = (
        _counted(changes),
        _why(changes, files),
        _risk_counts(changes),
        _public(changes),
        _authorized(changes),
        _wide(changes),
        _open(changes),
        _renamed(changes, files),
        _masked(changes, files),
    )
    return [line for line in lines if line]


def _masked(changes: Mapping[str, ResourceChange], files: Edited) -> Text:
    """Name the masked values that will be written, and say where they are better kept."""
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
        f"Masked, because it looks like a secret by its name or form: {told}."
        f" {instead(files.config)}",
        style="yellow",
    )


def _public(changes: Mapping[str, ResourceChange]) -> Text:
    """Name the routes that anyone can call, whether or not anything changes about them."""
    routes = [
        route
        for change in _staying(changes)
        if isinstance(change.want, RestApi)
        for route in public_routes(change.want.routes)
    ]
    return Text(f"Public, without a key: {named(routes)}." if routes else "", style="yellow")


def _authorized(changes: Mapping[str, ResourceChange]) -> Text:
    """Name the routes whose callers say who they are, and what asks them."""
    told = [
        f"{auth}: {named(routes)}"
        for change in changes.values()
        if isinstance(change.want, RestApi)
        for auth, routes in authorized_routes(change.want.routes).items()
    ]
    return Text(f"Authorized by {'; '.join(told)}." if told else "", style="dim")


def _wide(changes: Mapping[str, ResourceChange]) -> Text:
    """Name the functions with a `wide` statement and why, whether or not it changes."""
    told = [
        f"{change.node} ({why})"
        for change in _staying(changes)
        if isinstance(change.want, RolePolicies)
        for why in change.want.wide
    ]
    more = f" and {len(told) - NAMED} more" if told[NAMED:] else ""
    return Text(f"Wide: {', '.join(told[:NAMED])}{more}." if told else "", style="yellow")


def _open(changes: Mapping[str, ResourceChange]) -> Text:
    """Name the functions outside the private network, whether or not that changes."""
    nodes = [
        change.node
        for change in _staying(changes)
        if isinstance(change.want, Function) and is_open(change.want.subnet_ids)
    ]
    more = f" and {len(nodes) - NAMED} more" if nodes[NAMED:] else ""
    told = f"Outside the private network: {', '.join(nodes[:NAMED])}{more}."
    return Text(told if nodes else "", style="yellow")


def _staying(changes: Mapping[str, ResourceChange]) -> list[ResourceChange]:
    """Return the changes but for what is deleted, as by `down`."""
    return [change for change in changes.values() if change.action is not Action.DELETE]


def kept_words(kept: Collection[ResourceChange]) -> str:
    """Return `2 as wanted, 33 not there` for nodes that stay as they are."""
    absent = sum(_is_absent(change) for change in kept)
    words = [f"{len(kept) - absent} as wanted"] if len(kept) > absent or not absent else []
    return ", ".join([*words, f"{absent} not there"] if absent else words)


def duration_words(risk: Risk) -> str:
    """Return how long a risk lasts: `about 1 min, at most 10 min`."""
    usual = f"about {duration(risk.seconds)}"
    return f"{usual}, at most {duration(risk.longest)}" if risk.longest else usual


def duration(spent: int) -> str:
    """Return a duration in seconds, from one minute on in whole minutes."""
    return f"{spent} s" if spent < 60 else f"{round(spent / 60)} min"  # noqa: PLR2004


def _counted(changes: Mapping[str, ResourceChange]) -> Text:
    """Count the changes by action. Refused ones are counted as refused only."""
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
    """Return whether the user has to allow the change first.

    False for a foreign resource, which is counted as foreign.
    """
    return bool(change.unblock_hint) and change.action in WRITES


def _is_absent(change: ResourceChange) -> bool:
    """Return whether `down` has nothing to remove for the node."""
    return change.action is Action.KEEP and change.have is None and bool(change.reason)


def _why(changes: Mapping[str, ResourceChange], files: Edited) -> Text:
    """Return the causes, as in `Why: 2 by config.yaml, 3 by code in function/`."""
    counts = Counter(words for each in origins(changes, files).values() for words in each)
    last = [files.words(cause) for cause in (Cause.CONFIG, Cause.DRIFT, Cause.REMOVED)]
    order = sorted(counts, key=lambda words: last.index(words) if words in last else -1)
    told = ", ".join(f"{counts[words]} {words}" for words in order)
    return Text(f"Why: {told}." if told else "", style="dim")


def _risk_counts(changes: Mapping[str, ResourceChange]) -> Text:
    """Return the risks, as in `Risks: 1 data loss, 2 slow (up to 45 min)`."""
    risks = [risk for change in changes.values() for risk in risks_of(change)]
    counts = Counter(risk.impact for risk in risks)
    longest = max((risk.longest or risk.seconds for risk in risks), default=0)
    told = [f"{counts[impact]} {impact}" for impact in Impact if counts[impact]]
    if longest:
        told[-1] += f" (up to {duration(longest)})"
    return Text(f"Risks: {', '.join(told)}." if told else "", style="bold red")


def _renamed(changes: Mapping[str, ResourceChange], files: Edited) -> Text:
    """Return one line for likely renames that can be copied into the configuration."""
    found = likely_renames(changes)
    if not found:
        return Text()
    line = ", ".join(f"{old}: {new}" for old, new in found.items())
    text = Text("Renamed? `").append(f"moved: {{{line}}}", style="bold")
    return text.append(f"` in {files.config} keeps {'it' if len(found) == 1 else 'them'}.")
