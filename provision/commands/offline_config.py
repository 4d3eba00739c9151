"""Reads config.yaml for commands that call no AWS and do without the functions' sources."""

from __future__ import annotations

from provision.commands.session import Session
from provision.commands.unlisted import refuse
from provision.config import Config, load
from provision.config.checks import check_values
from provision.config.yaml.reader import refuse_linked


def offline_config(session: Session) -> Config:
    """Return the configuration in effect. Raises ConfigInvalid, or UsageError if it is a link."""
    options = session.options
    if not options.allow_outside:
        refuse_linked(options.config)
    return load(
        options.config,
        environment=options.environment,
        region=options.region,
        check=check_values,
        warn=session.say,
        unlisted=session.decide_unlisted(refuse(session.call)),
    )
