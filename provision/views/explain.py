"""Prints explanations; without rich and the AWS SDK, a code is explained at once.

Without a terminal, each paragraph is one line.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING, Final

from provision.sanitizing.text import is_terminal, put

if TYPE_CHECKING:
    from provision.model import iam
    from provision.workflows.checks.descriptions import CheckDescription
    from provision.workflows.explanations.entries import ErrorEntry, WordEntry
    from provision.workflows.explanations.keys import KeyPage
    from provision.workflows.explanations.kinds import KindPage
    from provision.workflows.explanations.nodes import NodePage

Words = Callable[[str], str]
"""Returns a text with commands that can be pasted."""
_WIDEST: Final = 100
_COMMAND: Final = re.compile(r"`[^`]*`")
_DATA: Final = (
    "It holds data: deleted only with `provision up --destroy NODE`, after a final backup."
)
_TIE: Final = "\x00"
"""A blank inside of a command, at which no line is broken: the command is copied whole."""


def print_error_entry(code: str, entry: ErrorEntry, words: Words) -> None:
    """Print the meaning of an error's code, its usual causes, and what to type."""
    put(f"{code}  exit code {entry.exit_code}")
    put_paragraph(entry.meaning)
    put("Usual causes:")
    _print_list("·", entry.causes)
    put("To do:")
    _print_list("→", map(words, entry.remedies))


def print_word_entry(word: str, entry: WordEntry, words: Words) -> None:
    """Print the meaning of a word."""
    put(word)
    put_paragraph(words(entry.meaning))


def print_check(name: str, check: CheckDescription, *, writes: bool, words: Words) -> None:
    """Print what a check asks and when it passes, and the command that asks it alone."""
    put(f"{name}  a check of `provision check`")
    put_paragraph(f"It holds that {check.promise}.")
    put_paragraph(f"Asks: {check.asks.replace('`', '')}")
    put_paragraph(f"Passes: {check.passes.replace('`', '')}")
    if writes:
        put_paragraph(words(f"Alone: `provision check --deep --only {name}`"))
    else:
        put_paragraph(words(f"Alone: `provision check --only {name}`"))


def print_command(verb: str, summary: str, words: Words) -> None:
    """Print what a command does, and where its options are explained."""
    put(f"{verb}  a command")
    put_paragraph(summary)
    put_paragraph(words(f"Its options: `provision {verb} --help`"))


def print_keys(pages: Iterable[KeyPage], words: Words) -> None:
    """Print keys of config.yaml, each with the command that shows its value."""
    for page in pages:
        put(f"{page.path}  a key of config.yaml")
        put_paragraph(f"{page.takes}: {page.meaning}" if page.meaning else page.takes)
        put_paragraph(words(f"In effect: `provision config explain {quote(page.explained_by)}`"))


def print_node_page(page: NodePage, words: Words) -> None:
    """Print a node's place in the stack, then the page of its kind."""
    put(f"{page.node}  {page.kind.kind}")
    put_paragraph(f"name in AWS: {page.label}")
    put_paragraph(f"{page.file}:{page.line}  {page.key}" if page.line else page.file)
    put_paragraph(f"needs: {', '.join(page.needs) or 'nothing'}")
    put_paragraph(f"needed by: {', '.join(page.needed_by) or 'nothing'}")
    put("")
    print_kind_page(page.kind, words)


def print_kind_page(page: KindPage, words: Words) -> None:
    """Print what is declared of a kind."""
    put(page.kind)
    put_paragraph(page.meaning)
    for said, fields in (
        ("A difference in these replaces it", page.fixed),
        ("These change in place", page.in_place),
        ("These AWS chooses", page.chosen_by_aws),
    ):
        if fields:
            put_paragraph(f"{said}: {', '.join(fields)}")
    if page.replacing:
        put_paragraph(f"Replacing: {page.replacing}.")
    if page.holds_data:
        put_paragraph(words(_DATA))
    _print_risks(page)
    for limit in page.limits:
        raised = ", can be raised" if limit.quota else ""
        put_paragraph(f"Limit: {limit.what}: {limit.most:,} {limit.unit}{raised}")
    put("AWS calls:")
    for said, operations in (
        ("read", page.reads),
        ("write", page.writes),
        ("delete", page.deletes),
    ):
        if operations:
            put_paragraph(f"{said:<6}  {', '.join(operations)}", hang=10)
    put("Permissions:")
    for resource, actions in _by_resource(page.permissions).items():
        put_paragraph(f"{resource}: {', '.join(actions)}", hang=4)
    put(words("With conditions and names filled in: `provision policy deployer`"))


def print_overview(
    errors: Mapping[str, ErrorEntry],
    kinds: Iterable[str],
    known: Iterable[str],
    checks: Iterable[str],
    words: Words,
) -> None:
    """Print everything that can be explained."""
    for title, names in (
        ("Error codes", errors),
        ("Kinds", kinds),
        ("Words", known),
        ("Checks", checks),
    ):
        put(f"{title}:")
        put_paragraph(", ".join(names))
    put("Nodes:")
    put_paragraph(
        words("every node of the stack, such as table.items: `provision plan -v` lists them")
    )
    put("Keys of config.yaml, and commands:")
    put_paragraph("memory, api.cors, keys rotate, and so on")


def _print_risks(page: KindPage) -> None:
    for each in page.risks:
        most = each.risk.longest or each.risk.seconds
        took = f", up to {most} s" if most else ""
        put_paragraph(f"Risk of {each.operation}: {each.risk.impact.value}: {each.risk.why}{took}")


def _by_resource(permissions: Iterable[iam.Permission]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for permission in permissions:
        for resource in permission.resources:
            if permission.action not in found[resource]:
                found[resource].append(permission.action)
    return dict(found)


def _print_list(sign: str, texts: Iterable[str]) -> None:
    for text in texts:
        put_paragraph(f"{sign} {text}", hang=4)


def put_paragraph(text: str, *, hang: int = 2) -> None:
    """Print a text, indented; on a terminal in lines that fit, later ones indented by `hang`."""
    put(*_wrapped(text, hang))


def _wrapped(text: str, hang: int) -> Iterator[str]:
    """Yield the text in lines that fit the terminal, indented; commands are never cut."""
    if not is_terminal(sys.stdout):
        yield f"  {text}"
        return
    width = max(20, min(_WIDEST, shutil.get_terminal_size().columns))
    tied = _COMMAND.sub(lambda found: found[0].replace(" ", _TIE), text)
    for line in textwrap.wrap(
        tied,
        width,
        initial_indent="  ",
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield line.replace(_TIE, " ")
