"""Runs `provision push --watch`: each save of a function goes live if it can be imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from provision.commands.push import live_words, named_functions, report_other_changes
from provision.commands.session import Session
from provision.errors import Interrupted, ProvisionError
from provision.packaging.exclusion import packed_files
from provision.packaging.file_watch import Snapshot, snapshot, watch_saves
from provision.packaging.folder import PackagingFailed
from provision.packaging.modules import ModuleFault, faults
from provision.packaging.own_modules import own_modules
from provision.packaging.requirements import FILE
from provision.plan.options import PlanOptions
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.import_check import PAYLOAD
from provision.views.formatting import seconds
from provision.views.results import untried_words
from provision.workflows.push import function_node, plan_push, push
from provision.workspace import Workspace

SETTINGS = ""
"""The key of config.yaml and the layers' files, where others are functions' keys."""


def watch(session: Session, functions: tuple[str, ...]) -> NoReturn:
    """Push each save until a signal ends the process."""
    workspace = session.open()
    keys = named_functions(workspace, functions)
    tried = [key for key in keys if workspace.inputs.config.functions[key].import_check]
    check = f" A new version of {', '.join(tried)} is invoked once, with {PAYLOAD}, before callers"
    session.say(f"watching {', '.join(keys)} until Ctrl-C.{f'{check} reach it.' if tried else ''}")
    known = False
    told = {words for key in keys for words in _doubtful(workspace, key)}  # shown on opening
    for changed in watch_saves(lambda: _files(session, workspace, keys), workspace.aws.clock):
        if SETTINGS in changed and known:
            session.say(
                "config.yaml or a layer changed: `provision up` applies that, `push` does not"
            )
        known = True
        now = [key for key in keys if key in changed]
        for words in {words for key in now for words in _doubtful(workspace, key)} - told:
            session.say(f"warning: {words}")
            told.add(words)
        _push(session, workspace, now)
    raise AssertionError("the files keep changing")


def _files(session: Session, workspace: Workspace, keys: Sequence[str]) -> Mapping[str, Snapshot]:
    config = workspace.inputs.config
    layers = [file for source in config.built_layers.values() for file in _layer_files(source)]
    found = {SETTINGS: snapshot([session.options.config, *layers])}
    for key in keys:
        try:
            found[key] = snapshot(
                packed_files(config.functions[key].source, config.functions[key].exclude).values()
            )
        except PackagingFailed:  # being moved: `_compiles` reports it if it stays so
            found[key] = {}
    return found


def _layer_files(source: Path) -> Iterable[Path]:
    """Return the files that a layer is built from."""
    with suppress(PackagingFailed):  # being moved
        return [source / FILE, *own_modules(source).values()]
    return [source / FILE]


def _push(session: Session, workspace: Workspace, keys: Sequence[str]) -> None:
    """Push once, and print a line for each function.

    An error is printed and does not end the watch.
    """
    began = workspace.aws.clock.now()
    whole = [key for key in keys if _compiles(session, workspace, key)]
    if not whole:
        return
    workspace = workspace.with_rebuilt_packages()
    try:
        with (
            workspace.write_state(session.call.rerun_command) as journal,
            session.call.stopping.stopping(workspace.aws.clock),
        ):
            engine = workspace.engine(journal, PlanOptions())
            found = plan_push(engine, whole)
            report_other_changes(session, found)
            result = push(engine, found)
    except Interrupted:
        raise
    except ProvisionError as error:
        _print_error(session, (f"{error.message} [{error.code}]", *error.more), error.hint)
        return
    if session.call.stopping.asked:
        raise session.call.interrupted()
    for node, failure in result.failed.items():
        first = f"{node}: {failure.message} [{failure.code}]"
        _print_error(session, (first, *failure.more), failure.hint)
    for words in untried_words(result):
        session.errors.print(words, style="yellow", soft_wrap=True)
    spent = seconds(workspace.aws.clock.now() - began)
    for node, step in result.resources.items():
        if isinstance(step, Alias):
            session.results.print(f"{live_words(result, node, step)}, {spent}", soft_wrap=True)


def _compiles(session: Session, workspace: Workspace, key: str) -> bool:
    try:
        errors = [str(fault) for fault in _faults(workspace, key) if not fault.doubt]
    except PackagingFailed as failed:
        errors = list(failed.lines)
    for each in errors:
        _print_error(
            session, [f"{function_node(key)}: {each}"], "not pushed; fix it and save again"
        )
    return not errors


def _doubtful(workspace: Workspace, key: str) -> list[str]:
    """Return the faults that may do no harm: they do not stop a push."""
    try:
        return [str(fault) for fault in _faults(workspace, key) if fault.doubt]
    except PackagingFailed:  # reported by `_compiles`
        return []


def _faults(workspace: Workspace, key: str) -> list[ModuleFault]:
    function = workspace.inputs.config.functions[key]
    return faults(function.source, function.handler, function.runtime, function.exclude)


def _print_error(session: Session, lines: Sequence[str], hint: str) -> None:
    first, *more = [session.call.expand_hint(line) for line in lines]
    for line in (f"✗ {first}", *more):
        session.errors.print(line, style="red", soft_wrap=True)
    if hint:
        session.errors.print(f"  → {session.call.expand_hint(hint)}", soft_wrap=True)
