"""Renders a plan: a tree by area, the field diffs, and a summary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from provision.model.risks import Impact, Risk
from provision.model.step import FieldRole, Step, Tagged, digests, fields_with
from provision.plan.change import PUBLISH, WRITES, Action, Cause, FieldDiff, ResourceChange
from provision.plan.risks import risks_of
from provision.plan.value_diff import MISSING, ValueDiff, diff_values
from provision.sanitizing.masking import MASKED, Masked
from provision.sanitizing.text import printable
from provision.views.console import columns, in_window, print_page
from provision.views.formatting import ACTION_STYLES, by_area, format_value, side_by_side, truncate
from provision.views.plan_summary import duration_words, kept_words, summary
from provision.workflows.origins import Edited, from_files

_INDENT: Final = 8
"""Columns that the tree takes before a node."""
MAX_SHOWN: Final = 8
"""The greatest number of value diffs of one field on a terminal without -v."""
_GUARDED: Final = re.compile("environment|layers|polic|managed|statement|permission|gress")
"""Fields of which every difference is listed. The author of their names could choose which come
first, and one more variable, layer or statement can be another program, or another party's
right."""
_DRIFTED: Final = "  ← drift: changed in AWS"


def plan_screen(
    title: str,
    changes: Mapping[str, ResourceChange],
    files: Edited,
    *,
    width: int,
    all_fields: bool = False,
) -> RenderableType:
    """Return every node that is not simply kept, under its area, and the summary.

    `all_fields` also lists the fields that a create sets, and every value diff.
    """
    tree = Tree(Text(title, style="bold"), guide_style="dim")
    for area, nodes in by_area(changes).items():
        shown = [changes[node] for node in nodes if _worth_showing(changes[node])]
        rest = [changes[node] for node in nodes if not _worth_showing(changes[node])]
        heading = Text(area, style="bold")
        if rest:
            heading.append(f"  {kept_words(rest)}", style="dim")
        branch = tree.add(heading)
        for change in shown:
            leaf = branch.add(_line(change, files, width))
            for text in _details(change, files, width=width - 12, all_fields=all_fields):
                leaf.add(text)
            for risk in risks_of(change):
                leaf.add(_risk(risk))
    return Group(tree, Text(), *summary(changes, files))


def print_plan(
    console: Console,
    title: str,
    changes: Mapping[str, ResourceChange],
    files: Edited,
    *,
    all_fields: bool = False,
) -> None:
    """Print the plan as wide as the console allows.

    A command that the tree would wrap is printed below it, so that it can be copied.
    """
    width = columns(console)
    print_page(console, plan_screen(title, changes, files, width=width, all_fields=all_fields))
    for change in changes.values():
        if _worth_showing(change) and _breaks(change, files, width):
            words = Text(f"{change.node}: ", style="bold").append_text(_words(change))
            console.print(words, soft_wrap=True)


def _worth_showing(change: ResourceChange) -> bool:
    return change.action is not Action.KEEP or bool(change.reason and change.have)


def _line(change: ResourceChange, files: Edited, width: int) -> Text:
    if _breaks(change, files, width):
        return _head(change, files).append("  see below", style="bold red")
    return _head(change, files).append_text(_words(change, before="  "))


def _breaks(change: ResourceChange, files: Edited, width: int) -> bool:
    """Return whether the words about a change have a command that does not fit on its line."""
    words = _words(change, before="  ")
    return "`" in words.plain and len(_head(change, files)) + len(words) > width - _INDENT


def _words(change: ResourceChange, *, before: str = "") -> Text:
    """Return the reason of a change and what blocks it."""
    hint = change.unblock_hint
    refusal = f"({hint})" if hint and change.reason else hint
    told = [Text(change.reason), Text(refusal, style="bold red")]
    text = Text("  ").join(part for part in told if part)
    return Text(before).append_text(text) if text else text


def _head(change: ResourceChange, files: Edited) -> Text:
    """Return what is done to which resource."""
    sign = ACTION_STYLES[change.verb]
    text = Text(f"{sign.sign} {sign.doing} ", style=sign.style)
    text.append(change.node, style="bold" if change.action in WRITES else "default")
    if change.label and change.action is not Action.SKIP:
        text.append(f"  {change.label}", style="dim")
    if change.action in WRITES and change.cause is Cause.REMOVED:
        text.append(f"  {files.words(Cause.REMOVED)}", style="yellow")
    if change.action in WRITES and change.cause is Cause.DRIFT:
        text.append("  ← drift: it is gone from AWS", style="yellow")
    return text


def _details(change: ResourceChange, files: Edited, *, width: int, all_fields: bool) -> list[Text]:
    if change.action in {Action.UPDATE, Action.REPLACE}:
        return [
            line
            for diff in change.diffs
            for line in _change(change, diff, files, width=width, whole=all_fields)
        ]
    if change.action is Action.CREATE and all_fields and change.want:
        return _fields(change.want, width)
    return []


def _fields(step: Step, width: int) -> list[Text]:
    names = (*fields_with(type(step), FieldRole.FIXED), *fields_with(type(step), None))
    if isinstance(step, Tagged):
        names = tuple(name for name in names if name != "tags")
    return [
        Text(truncate(f"{name}: {format_value(vars(step)[name])}", width), style="dim")
        for name in names
    ]


def _change(
    change: ResourceChange, diff: FieldDiff, files: Edited, *, width: int, whole: bool
) -> list[Text]:
    """Return a line for each difference inside the field. The first one says why."""
    assert change.want is not None
    if diff.field in digests(type(change.want)):
        lines = _digest(change, diff, files, width=width, whole=whole)
    else:
        lines = _values(diff, width=width, whole=whole)
    if diff.fixed and change.verb != PUBLISH:
        lines[0].append("  cannot change in place", style="magenta")
    if diff.cause is Cause.DRIFT:
        lines[0].append(_DRIFTED, style="yellow")
    if diff.is_conflict:
        plain = isinstance(diff.recorded, str | int | float | None)
        plain = plain and diff.field not in digests(type(change.want))
        was = f": it was {truncate(format_value(diff.recorded), width // 3)}" if plain else ""
        lines[0].append(f", and in {files.config}{was}", style="yellow")
    return lines


def _digest(
    change: ResourceChange, diff: FieldDiff, files: Edited, *, width: int, whole: bool
) -> list[Text]:
    """Return `code changed in function/`. The digests themselves are shown if `whole` is set."""
    assert change.want is not None
    folder = files.folder_of(change.node) if from_files(change, diff) else ""
    words = Text(f"{digests(type(change.want))[diff.field].content} changed")
    words.append(f" in {folder}" if folder else "")
    return [words, *_values(diff, width=width, whole=True)] if whole else [words]


def _values(diff: FieldDiff, *, width: int, whole: bool) -> list[Text]:
    inside = diff_values(diff.field, diff.have, diff.want)
    cut = in_window(width) and not whole and not _GUARDED.search(diff.field)
    shown = inside[:MAX_SHOWN] if cut else inside
    lines = [_part(part, width) for part in shown]
    if len(shown) < len(inside):
        lines.append(Text(f"… and {len(inside) - len(shown)} more: -v shows them", style="dim"))
    if not lines:  # no difference inside, though the fields differ
        lines.append(_part(ValueDiff(diff.field, diff.have, diff.want), width))
    return lines


def _part(part: ValueDiff, width: int) -> Text:
    sides = [format_value(side) for side in (part.have, part.want) if side is not MISSING]
    values = min(sum(len(side) for side in sides), width // 2)
    path = truncate(printable(part.path), max(20, width - values - 8))
    room = max(12, (width - len(path) - 6) // len(sides))
    if part.have is MISSING:
        return Text(f"+ {path}: {truncate(sides[0], room)}", style="green")
    if part.want is MISSING:
        return Text(f"- {path}: {truncate(sides[0], room)}", style="red")
    if isinstance(part.want, Masked) and isinstance(part.have, Masked):
        return Text(f"{path}: ").append(f"{MASKED}, another value", style="yellow")
    have, want = side_by_side(sides[0], sides[1], room)
    return Text(f"{path}: ").append(have, style="red").append(" → ").append(want, style="green")


def _risk(risk: Risk) -> Text:
    text = Text(
        f"! {risk.impact}: ",
        style="yellow" if risk.impact in {Impact.COST, Impact.SLOW} else "bold red",
    )
    return text.append(risk.why).append(f", {duration_words(risk)}" if risk.seconds else "")
