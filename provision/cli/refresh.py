"""Defines the options and arguments of `provision refresh`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session


@click.command(cls=Verb, short_help="Rebuild the state from AWS.")
@json_option
@pass_session
def refresh(session: Session) -> int:
    """Rebuild the state from AWS; nothing is written there.

    A difference from config.yaml afterwards counts as a change still to make, no longer as
    drift, because the state then agrees with AWS.
    """
    from provision.commands.refresh import refresh as run  # noqa: PLC0415

    return run(session)
