"""Options of the whole tool: before or after the command, once, never empty, never guessed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provision.cli import cli
from provision.cli.global_options import WHOLE_TOOL, Answering, GlobalOptions, Value, given
from provision.commands.invocation import Invocation
from tests.integration.test_cli import Provision, home, provision  # noqa: F401

VALUES = {
    "--config": "other.yaml",
    "--env": "prod",
    "--region": "eu-west-1",
    "--profile": "work",
    "--state": "elsewhere",
    "--local-port": "4999",
}


def commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that does something, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield (*before, name), command


VERBS = dict(commands(cli))


def context_of(words: tuple[str, ...]) -> click.Context:
    """Return a context as the tool creates it: click keeps the help option of the first one."""
    root = click.Context(cli, info_name="provision", **cli.context_settings)
    return click.Context(VERBS[words], parent=root, info_name=words[-1])


CALL = Invocation()


def parsed(*words: str) -> tuple[GlobalOptions, tuple[tuple[str, ...], ...]]:
    """Return the parsed options of a line, whose command is not run."""
    found: list[tuple[GlobalOptions, tuple[tuple[str, ...], ...]]] = []

    def keep(context: click.Context) -> None:
        found.append((context.obj, given(context)))

    probe = type(VERBS["outputs",])("outputs", callback=click.pass_context(keep))
    group = type(cli)("keys", commands={"list": probe})
    root = type(cli)("tool", commands={"outputs": probe, "keys": group}, context_settings={})
    root.main(list(words), standalone_mode=False, obj=CALL)
    return found[0]


@pytest.mark.parametrize("option", WHOLE_TOOL, ids=lambda option: option.opts[0])
def test_each_is_taken_before_and_after_the_verb_and_means_the_same(option: click.Option) -> None:
    name = option.opts[0]
    words = [name, VALUES[name]] if isinstance(option, Value) else [name]
    plain, _ = parsed("keys", "list")
    first, carried = parsed(*words, "keys", "list")
    assert parsed("keys", *words, "list")[0] == first
    assert parsed("keys", "list", *words)[0] == first
    assert carried == (() if name in {"--verbose", "--debug"} else (tuple(words),))
    assert parsed(*words, "outputs", *words)[1] == carried  # twice the same value counts once
    if name != "--debug":
        assert first != plain


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_every_command_takes_them_and_shows_them_in_a_few_lines(words: tuple[str, ...]) -> None:
    command = VERBS[words]
    with context_of(words) as context:
        known = {name for param in command.get_params(context) for name in param.opts}
        text = command.get_help(context)
    assert known >= {name for option in WHOLE_TOOL for name in option.opts}
    section = text.split("Options of the whole tool")[1]
    assert len(section.strip().splitlines()) <= 5
    assert all(option.opts[-1] in section for option in WHOLE_TOOL)


@pytest.mark.parametrize("name", VALUES)
def test_given_twice_differently_is_a_usage_error_that_says_so(name: str) -> None:
    other = {"--local-port": "5000"}.get(name, "another")
    for words in (
        [name, VALUES[name], "outputs", name, other],
        ["outputs", name, VALUES[name], name, other],
        ["keys", name, VALUES[name], "list", name, other],
    ):
        with pytest.raises(click.UsageError, match="is given twice") as told:
            parsed(*words)
        assert VALUES[name] in told.value.message
        assert other in told.value.message


@pytest.mark.parametrize(
    ("name", "place"), [*itertools.product(VALUES, ["before", "after", "set"])]
)
def test_empty_is_a_usage_error(
    home: Path,  # noqa: F811
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    place: str,
) -> None:
    variable = "PROVISION_" + name[2:].upper().replace("-", "_")
    if place == "set":
        monkeypatch.setenv(variable, "")
    words = {"before": [name, "", "config", "check"], "after": ["config", "check", f"{name}="]}
    answer = provision(*words.get(place, ["config", "check"]))
    assert answer.code == 2
    said = f"{variable if place == 'set' else name} is empty"
    assert said in answer.err
    listing = (home / "config.yaml").read_text() + "environments: {prod: {}}\n"
    for file in ("config.yaml", "other.yaml"):
        (home / file).write_text(listing)
    assert provision("config", "check", name, VALUES[name]).code == 0  # over the variable


def required_arguments(command: click.Command) -> list[str]:
    """Return a word for each required parameter, one of its choices if it has any."""
    types = (param.type for param in command.params if param.required)
    return [each.choices[0] if isinstance(each, click.Choice) else "x" for each in types]


def test_every_command_refuses_an_empty_environment(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`down --yes --env "$STAGE"` with STAGE unset must not remove the file's own environment."""
    for words in VERBS:
        assert provision(*words, "--env", "").code == 2
    monkeypatch.setenv("PROVISION_ENV", "")
    for words, command in VERBS.items():
        answer = provision(*words, *required_arguments(command))
        assert answer.code == 2
        assert "PROVISION_ENV is empty" in answer.err


def test_variables_count_once_and_less_than_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISION_ENV", "prod")
    monkeypatch.setenv("PROVISION_CONFIG", "a folder/with: colon.yaml")
    monkeypatch.setenv("PROVISION_VERBOSE", "1")
    settings, carried = parsed("keys", "list")
    assert (settings.environment, settings.verbose) == ("prod", 1)
    assert settings.config == Path("a folder/with: colon.yaml")
    assert carried == ()
    settings, carried = parsed("keys", "list", "--env", "dev")
    assert (settings.environment, carried) == ("dev", (("--env", "dev"),))
    monkeypatch.setenv("PROVISION_KEYS_LIST_ENV", "qa")
    assert parsed("keys", "list")[0].environment == "prod"


def test_local_is_an_environment_and_contradicts_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed("--local", "outputs")[0].environment == "local"
    assert parsed("outputs", "--local", "--env", "local")[0].environment == "local"
    with pytest.raises(click.UsageError, match="names another environment"):
        parsed("--local", "outputs", "--env", "prod")
    monkeypatch.setenv("PROVISION_ENV", "prod")
    assert parsed("outputs", "--local")[0].environment == "local"
    monkeypatch.setenv("PROVISION_LOCAL", "1")
    with pytest.raises(click.UsageError, match="names another environment"):
        parsed("outputs")
    assert parsed("outputs", "--env", "dev")[0].environment == "dev"
    monkeypatch.delenv("PROVISION_ENV")
    assert parsed("outputs")[0].environment == "local"


def test_what_is_suggested_is_like_what_was_typed(provision: Provision) -> None:  # noqa: F811
    for words in (("keys", "rotate", "X", "--yes"), ("status", "--foo"), ("plan", "--x")):
        told = provision(*words)
        assert told.code == 2
        assert "No such option" in told.err
        assert "Did you mean" not in told.err
    assert "Did you mean '--json'?" in provision("plan", "--jsn").err
    assert "Did you mean '--region'?" in provision("plan", "--regoin", "x").err


def test_no_suggestion_answers_a_question(provision: Provision) -> None:  # noqa: F811
    """Every option that answers one is misspelt in every place, on every command."""
    for words, command in VERBS.items():
        with context_of(words) as context:
            params = command.get_params(context)
        answers = [o for p in params if isinstance(p, Answering) for o in p.opts if o[1] == "-"]
        for name, at in [(n, at) for n in answers for at in range(3, len(n) + 1)]:
            told = provision(*words, f"{name[:at]}z{name[at:]}")
            assert told.code == 2
            assert "No such option" in told.err
            suggested = set(re.findall(r"--[a-z-]+", told.err.partition("Did you mean")[2]))
            assert suggested.isdisjoint(answers), told.err
    assert re.search("Did you mean '?--env", provision("up", "--envv", "prod").err)
    known = {o for p in VERBS["up",].params if isinstance(p, Answering) for o in p.opts}
    assert known == {"--yes", "-y", "--confirm", "--adopt", "--destroy", "--no-backup"}
    known = {o for p in VERBS["down",].params if isinstance(p, Answering) for o in p.opts}
    assert known == {"--yes", "-y", "--confirm", "--destroy", "--destroy-data", "--no-backup"}
