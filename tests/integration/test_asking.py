"""A question with two answers, asked of a person at a terminal."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from provision.commands.yes_no import confirmed


@click.command()
def asking() -> None:
    click.echo(f"so: {confirmed('Do this?')}")


@pytest.mark.parametrize(
    ("typed", "answer"), [("y", True), ("YES", True), ("n", False), ("no", False), ("", False)]
)
def test_yes_and_no(typed: str, answer: bool) -> None:
    said = CliRunner().invoke(asking, input=f"{typed}\n")
    assert f"so: {answer}" in said.output
    assert "Do this? [y/N]: " in said.output


def test_what_is_neither_is_told_what_would_be() -> None:
    said = CliRunner().invoke(asking, input="maybe\ny\n")
    assert "Error: answer y for yes, or n (or Enter alone) for no\n" in said.output
    assert said.output.count("Do this? [y/N]: ") == 2
    assert "so: True" in said.output


def test_the_end_of_the_input_is_no_answer() -> None:
    assert CliRunner().invoke(asking, input="").exit_code == 1
