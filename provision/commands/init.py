"""Runs `provision init`: asks for what is not given, writes the project, says what to type next."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import click

from provision.commands.invocation import Invocation, say
from provision.commands.terminal import forget_typed
from provision.commands.yes_no import is_unattended
from provision.config.checks.regions import known_regions
from provision.config.load import load
from provision.config.problems import ConfigInvalid, suggest
from provision.config.schema.root import Config
from provision.config.schema.types import NAME, PATTERN_DESCRIPTIONS
from provision.config.schema_file import write_schema
from provision.errors import ProvisionError
from provision.sanitizing.text import put
from provision.views.json_offline import project_document
from provision.views.project import print_project
from provision.workflows.new_project import refuse_existing, refuse_no_folder, write_project
from provision.workflows.project_files import (
    CONFIG,
    LONGEST_NAME,
    TEMPLATES,
    Project,
    name_from,
    name_in,
    same_name,
)

DEFAULT_TEMPLATE: Final = next(iter(TEMPLATES))


@dataclass(frozen=True)
class Wanted:
    """The words of the command line; None for what is not given."""

    directory: str
    name: str | None
    region: str | None
    template: str | None
    force: bool


def init(call: Invocation, wanted: Wanted) -> int:
    """Write a project into the folder. AWS is not called."""
    began = time.monotonic()
    if wanted.name is not None:
        valid_name(wanted.name)
    if wanted.region is not None:
        _check_region(wanted.region)
    folder = _folder(wanted.directory)
    before = name_in(folder / CONFIG) if wanted.force else None
    if wanted.name is None and before is None and is_unattended(call):
        _refuse_other_name(folder.name)
    name = before or name_from(folder.name)
    ahead = Project(name, wanted.region, wanted.template or DEFAULT_TEMPLATE)
    refuse_existing(folder, ahead.files(), force=wanted.force)
    try:
        project = _asked(call, wanted, ahead)
    except click.Abort:
        if call.stopping.asked:
            raise
        put("", "Nothing was written.", err=True)  # the end of the input writes no line end
        return 1
    made = write_project(
        folder,
        project.files(),
        force=wanted.force,
        check=partial(_valid_config, folder),
        hold=call.stopping.hold,
    )
    _write_schema(call, folder)
    following = _following(call, wanted.directory, folder)
    others = project.files_of_others(folder)
    if call.as_json:
        seconds = time.monotonic() - began
        call.answer(project_document(made, folder, project.template, others, following, seconds))
    else:
        print_project(made, folder, project.template, others, following)
    return 0


def valid_name(name: str) -> str:
    """Return the name of a stack. Raises UsageError for one that AWS or config.yaml refuses."""
    if re.fullmatch(NAME, name) and len(name) <= LONGEST_NAME:
        return name
    if len(name) > LONGEST_NAME:
        said = f"the name has {len(name)} characters, and names in AWS have room for {LONGEST_NAME}"
    else:
        said = f'"{name}" is no name of a stack: {PATTERN_DESCRIPTIONS[NAME]}'
    raise click.UsageError(f'{said}; "{name_from(name)}" would be one')


def _refuse_other_name(folder: str) -> None:
    """Raise UsageError if a stack cannot have the name of the folder.

    Of two folders with similar names, the stacks would be one.
    """
    if same_name(folder) is None:
        raise click.UsageError(
            f'no stack can have the name of the folder, "{folder}"; give one with --name, such as'
            f" --name {name_from(folder)}"
        )


def _valid_config(folder: Path, whole: Path) -> Config:
    """Return the configuration of the project before it is placed in the folder."""
    try:
        return load(whole / CONFIG, environment=None)
    except ConfigInvalid as error:
        placed = str(folder / CONFIG)
        problems = [replace(problem, file=placed) for problem in error.problems]
        raise ConfigInvalid(problems).reworded(hint="Nothing was written") from error


def _check_region(region: str) -> None:
    if region not in (known := known_regions()):
        near = suggest(region, known) or "name one such as us-east-1"
        raise click.UsageError(f'AWS has no region "{region}"; {near}')


def _folder(directory: str) -> Path:
    """Return the folder without links. Raises ProvisionError if the path can be no folder."""
    try:
        given = Path(directory).absolute()
        refuse_no_folder(given)
        return given.resolve()
    except OSError as error:  # the shell's folder was deleted
        raise ProvisionError(f"{directory}: {error.strerror}", hint="give another DIR") from error


def _asked(call: Invocation, wanted: Wanted, ahead: Project) -> Project:
    """Return the project, after asking for the name and the template that were not given."""
    name, template = wanted.name, wanted.template
    if (name is None or template is None) and not is_unattended(call):
        forget_typed()
        if name is None:
            name = _ask("Name of the stack", ahead.name, valid_name)
        if template is None:
            put(*(f"  {each:<8} {what}" for each, what in TEMPLATES.items()), err=True)
            template = _ask("Template", ahead.template, _known_template)
    return Project(name or ahead.name, wanted.region, template or ahead.template)


def _ask(question: str, default: str, understood: Callable[[str], str]) -> str:
    answer: str = click.prompt(question, default=default, value_proc=understood, err=True)
    return answer


def _known_template(answer: str) -> str:
    if answer.strip() not in TEMPLATES:
        raise click.UsageError(f"answer {' or '.join(TEMPLATES)}")
    return answer.strip()


def _write_schema(call: Invocation, folder: Path) -> None:
    """Write the schema for editors. The project is complete without it."""
    try:
        write_schema(folder)
    except OSError as error:
        again = call.command("config", "schema", "--write")
        say(f"the schema for editors could not be written: {error.strerror}; `{again}` does it")


def _following(call: Invocation, directory: str, folder: Path) -> str:
    """Return the command to type next, wherever the shell is."""
    here = folder == Path.cwd()
    first, *more = shlex.split(call.program)
    if not here and os.sep in first:  # relative to a folder that the command leaves
        first = str(Path(first).absolute())
    up = f"{shlex.join([first, *more])} up --local"
    # `cd` would take a hyphen for an option, and `-` alone for the folder before.
    way = f"./{directory}" if directory.startswith("-") else directory
    return up if here else f"cd {shlex.quote(way)} && {up}"
