"""Defines the options and arguments of `provision outputs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_outputs
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session


@click.command(cls=Verb)
@click.argument("name", required=False, shell_complete=complete_outputs)
@json_option
@pass_session
def outputs(session: Session, name: str | None) -> int:
    """Print names, ids and addresses. `outputs api_key` reads the key's value from AWS.

    Of tables, functions and keys each has a name with its key, as `table_names.items`, and where
    there is only one, a short name as well: `table_name`. `outputs table_names` prints all.
    """
    from provision.commands.outputs import outputs as run  # noqa: PLC0415

    return run(session, name)
