"""A command built from any options is parsed back by a shell with the same values."""

from __future__ import annotations

import shlex
from dataclasses import replace

import click
import pytest
from hypothesis import given as anything
from hypothesis import settings as times
from hypothesis import strategies as st

from provision.cli.global_options import WHOLE_TOOL, Value
from provision.commands.invocation import Invocation
from tests.conformance.hints.line import understood

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0/"),
    min_size=1,
    max_size=12,
).filter(lambda text: text not in {".", ".."})
VALUES: dict[str, st.SearchStrategy[str]] = {
    "--local-port": st.integers(1, 65535).map(str),
    "--state": TEXT.map(lambda text: f"in/{text}"),
}
NOT_CARRIED = {"--verbose", "--debug"}


@st.composite
def given_options(draw: st.DrawFn) -> tuple[tuple[str, ...], ...]:
    """Draw some options of the whole tool, with a value for each that takes one."""
    chosen = draw(st.lists(st.sampled_from(WHOLE_TOOL), unique=True))
    names = {option.opts[0] for option in chosen}
    if {"--local", "--env"} <= names:
        chosen = [option for option in chosen if option.opts[0] != "--local"]
    return tuple(
        (option.opts[0], draw(VALUES.get(option.opts[0], TEXT)))
        if isinstance(option, Value)
        else (option.opts[0],)
        for option in chosen
    )


@times(max_examples=80, deadline=None)
@anything(given_options(), TEXT)
def test_a_command_leads_where_the_options_led(
    options: tuple[tuple[str, ...], ...], program: str
) -> None:
    words = [word for option in options for word in option]
    meant = understood(["status", *words]).settings
    assert meant is not None
    carried = tuple(option for option in options if option[0] not in NOT_CARRIED)
    call = Invocation(program=shlex.quote(program), given=carried)
    told = call.pasteable("provision keys list")
    first, *pasted = shlex.split(told)
    assert first == program
    assert understood(pasted).settings == replace(meant, verbose=0)
    if "`" not in told:
        text = call.expand_hint("`provision keys list` shows them")
        assert text == f"`{told}` shows them"
        assert call.expand_hint(text) == text


@pytest.mark.parametrize("name", ["--config", "--env", "--region", "--profile", "--state"])
def test_no_value_that_is_given_is_empty(name: str) -> None:
    with pytest.raises(click.UsageError):
        understood(["status", name, ""])
