"""Runs `provision config explain`: values in effect, where they come from, what a change does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from provision import LOCAL_ENVIRONMENT
from provision.commands.offline_config import offline_config
from provision.commands.session import Session
from provision.config import Config
from provision.config.examples import example_of
from provision.config.problems import clipped, suggest
from provision.config.values import OPTION, VARIABLE, ConfigValue, Given, values_in_effect
from provision.config.yaml.reader import read
from provision.errors import UsageError
from provision.views.config_values import print_example, print_value, print_values
from provision.views.json_config import values_document
from provision.workflows.change_effects import IDENTITY_KEYS, Trial, trial_of


def explain_values(session: Session, typed: str) -> int:
    """Explain one value, or list those of a section; all without a key. AWS is not called."""
    config = offline_config(session)
    path = session.options.config
    values = values_in_effect(config, path, _given(session, config))
    typed = _whole_key(values, typed)
    found = _named(values, typed) if typed else list(values.values())
    single = len(found) == 1 and bool(typed)
    trial: Trial | None = None
    if single and found[0].key not in IDENTITY_KEYS:
        trial = trial_of(config, found[0], path.parent)
    example = example_of(_bare(typed), read(path)[0])
    if session.call.as_json:
        session.call.answer(values_document(config, found, trial, example, session.seconds))
        return 0
    if single:
        print_value(found[0], trial, session.call.expand_hint)
    else:
        print_values(found)
    print_example(example)
    return 0


def _given(session: Session, config: Config) -> Mapping[str, Given]:
    """Return what replaces a key of the file: options, or else their variables."""
    typed = {words[0] for words in session.call.given}
    given: dict[str, Given] = {}
    if session.options.region:
        at = Given(OPTION, "--region")
        given["region"] = at if "--region" in typed else Given(VARIABLE, "PROVISION_REGION")
    if session.options.environment:
        names = [name for name in ("--env", "--local") if name in typed]
        local = config.environment == LOCAL_ENVIRONMENT and not os.environ.get("PROVISION_ENV")
        variable = Given(VARIABLE, "PROVISION_LOCAL" if local else "PROVISION_ENV")
        given["environment"] = Given(OPTION, names[0]) if names else variable
    return given


def _whole_key(values: Mapping[str, ConfigValue], typed: str) -> str:
    """Return the key or section whose last part alone was typed, if there is exactly one.

    `routes` is `api.routes`. Anything else is returned as it is.
    """
    bare = _bare(typed)
    parts = [each.split(".") for each in map(_bare, values)]
    every = {".".join(each[:count]) for each in parts for count in range(1, len(each) + 1)}
    meant = {each for each in every if each.endswith(f".{bare}")}
    return meant.pop() if bare and bare not in every and len(meant) == 1 else typed


def _named(values: Mapping[str, ConfigValue], typed: str) -> Sequence[ConfigValue]:
    """Return the value of a key, or those of a section. Raises UsageError with the nearest.

    The quotes of `api.routes."GET /items"` may be left out: a shell takes them away.
    """
    bare = _bare(typed)
    found = [each for each in values.values() if typed == each.key]
    found = found or [each for each in values.values() if bare == _bare(each.key)]
    found = found or [each for each in values.values() if _bare(each.key).startswith(f"{bare}.")]
    if found:
        return found
    for each in values.values():
        if bare.startswith(f"{_bare(each.key)}."):
            raise UsageError(
                f"{clipped(typed, 100)} has no value: {each.key} is {clipped(each.text, 100)}",
                hint=f"`provision config explain {_typed(each.key)}` shows how it is written,"
                f" `provision explain {_typed(clipped(typed, 100))}` what it means",
            )
    sections = {".".join(_bare(key).split(".")[:count]) for key in values for count in (1, 2)}
    near = suggest(bare, (*map(_bare, values), *sections))
    raise UsageError(
        f'no key is called "{clipped(typed, 100)}"' + (f"; {near}" if near else ""),
        hint="`provision config explain` lists those in effect, `provision explain KEY`"
        " says what one means",
    )


def _bare(key: str) -> str:
    return key.replace('"', "").strip()


def _typed(key: str) -> str:
    """Return a key as an argument: in quotes that a shell takes away, if it needs any."""
    return f"'{key}'" if any(char in key for char in " \"'{}*$`\\") else key
