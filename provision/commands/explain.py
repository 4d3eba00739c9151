"""Runs `provision explain`: finds what a word means, and prints its explanation."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.commands.invocation import Invocation
from provision.errors import UsageError
from provision.views import explain as view
from provision.views import json_explain as documents
from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS, WRITING
from provision.workflows.explanations.lookup import ERRORS, WORDS, errors_page_of, key_of

if TYPE_CHECKING:
    from provision.config import Config
    from provision.workflows.offline_stack import OfflineStack


@dataclass(frozen=True)
class Place:
    """The options that lead to config.yaml, which only nodes need."""

    config: Path
    environment: str | None
    region: str | None
    state: Path | None
    new_env: bool
    allow_outside: bool


def explain(call: Invocation, place: Place, what: str, commands: Mapping[str, str]) -> int:
    """Explain an error's code, a word, a check, a kind, a node, a command or a key.

    Nothing is called in AWS. `commands` has the summary of each command by its words. Raises
    UsageError with the nearest if there is no such thing.
    """
    began = time.monotonic()
    key, words = key_of(what), call.expand_hint
    entry: dict[str, Any]
    if error := ERRORS.get(key):
        page = errors_page_of(key)
        if not call.as_json:
            view.print_error_entry(key, error, words)
        entry = documents.error_entry(key, error, page, words)
        return _answered(call, entry, None, began)
    if word := WORDS.get(key):
        if not call.as_json:
            view.print_word_entry(key, word, words)
            _say_command(call, key, commands)
        return _answered(call, documents.word_entry(key, word, words), None, began)
    if check := CHECK_DESCRIPTIONS.get(key):
        if not call.as_json:
            view.print_check(key, check, writes=key in WRITING, words=words)
        entry = documents.check_entry(key, check, writes=key in WRITING)
        return _answered(call, entry, None, began)
    command = key.removeprefix("provision ").partition(" --")[0]
    if command in commands:
        if not call.as_json:
            view.print_command(command, commands[command], words)
        return _answered(call, documents.command_entry(command, commands[command]), None, began)
    return _explain_declared(call, place, what, commands, began)


def _say_command(call: Invocation, verb: str, commands: Mapping[str, str]) -> None:
    if verb in commands:
        view.put_paragraph(call.expand_hint(f"It is a command too: `provision {verb} --help`"))


def overview(call: Invocation) -> int:
    """List everything that can be explained."""
    from provision.steps import KINDS  # noqa: PLC0415  (errors are explained without it)

    began = time.monotonic()
    kinds = sorted(KINDS)
    if not call.as_json:
        view.print_overview(ERRORS, kinds, WORDS, CHECK_DESCRIPTIONS, call.expand_hint)
    return _answered(
        call, documents.overview_entry(ERRORS, kinds, WORDS, CHECK_DESCRIPTIONS), None, began
    )


def _explain_declared(
    call: Invocation, place: Place, what: str, commands: Mapping[str, str], began: float
) -> int:
    """Explain a kind, a node or a key: they are known once steps and schema are imported."""
    from provision.steps import KINDS  # noqa: PLC0415
    from provision.workflows.explanations.kinds import kind_page  # noqa: PLC0415
    from provision.workflows.explanations.nodes import node_page  # noqa: PLC0415

    if kind := KINDS.get(key_of(what).replace(" ", "_")):
        page = kind_page(kind)
        if not call.as_json:
            view.print_kind_page(page, call.expand_hint)
        return _answered(call, documents.kind_entry(page), None, began)
    offline = _stack(call, place)
    if offline and what in offline.config.api.routes:
        what = f"api.routes.{what}"
    if offline is None or what not in offline.stack.nodes:
        return _explain_key(call, place, what, (*KINDS, *commands), offline, began)
    from provision.config.load import as_written  # noqa: PLC0415

    tree = as_written(place.config, offline.config.environment)
    node = node_page(offline, tree, what)
    if not call.as_json:
        view.print_node_page(node, call.expand_hint)
    return _answered(call, documents.node_entry(node), offline.config, began)


def _explain_key(
    call: Invocation,
    place: Place,
    what: str,
    known: Iterable[str],
    offline: OfflineStack | None,
    began: float,
) -> int:
    from provision.workflows.explanations.keys import key_pages  # noqa: PLC0415

    pages = key_pages(what)
    if not pages:
        raise _unknown(what, place, known, offline)
    if not call.as_json:
        view.print_keys(pages, call.expand_hint)
    return _answered(call, documents.keys_entry(pages), None, began)


def _stack(call: Invocation, place: Place) -> OfflineStack | None:
    """Return the stack, or None without a valid config.yaml."""
    from provision.commands.offline_config import offline_config  # noqa: PLC0415
    from provision.commands.session import Session  # noqa: PLC0415
    from provision.config import ConfigInvalid  # noqa: PLC0415
    from provision.workflows.offline_stack import offline_stack  # noqa: PLC0415
    from provision.workspace import Options  # noqa: PLC0415

    options = Options(
        place.config,
        place.environment,
        place.region,
        state=place.state,
        new_env=place.new_env,
        allow_outside=place.allow_outside,
    )
    try:
        config = offline_config(Session(options, call=call))
    except ConfigInvalid:
        return None
    return offline_stack(config)


def _unknown(
    what: str, place: Place, known: Iterable[str], offline: OfflineStack | None
) -> UsageError:
    from provision.config.problems import clipped, suggest  # noqa: PLC0415

    nodes = offline.stack.nodes if offline else ()
    near = suggest(key_of(what), (*ERRORS, *known, *WORDS, *CHECK_DESCRIPTIONS, *nodes))
    hint = "`provision explain` lists all that can be explained"
    if offline is None:
        hint += (
            f"; nodes only with a valid {place.config}, which `provision config check` reports on"
        )
    return UsageError(
        f'nothing is called "{clipped(what, 100)}"' + (f"; {near}" if near else ""), hint=hint
    )


def _answered(call: Invocation, entry: dict[str, Any], config: Config | None, began: float) -> int:
    if call.as_json:
        seconds = time.monotonic() - began
        call.answer(documents.explain_document(entry, config, seconds))
    return 0
