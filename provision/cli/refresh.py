"""Defines the options and arguments of `provision refresh`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session


@click.command(cls=Verb, short_help="Make the state anew from what AWS has.")
@json_option
@pass_session
def refresh(session: Session) -> int:
    """Make the state anew from what AWS has; nothing is written there.

    What differs from config.yaml afterwards counts as not yet done, no longer as drift: the state
    then says what AWS says.
    """
    from provision.commands.refresh import refresh as run  # noqa: PLC0415

    return run(session)
