"""The words of `provision config`."""

from __future__ import annotations

import click

from provision.cli.verb import Verbs
from provision.cli.whole import Settings
from provision.printable import put


@click.group("config", cls=Verbs, short_help="Check config.yaml; AWS is not called.")
def config_group() -> None:
    """Look at the configuration; nothing is called in AWS."""


@config_group.command("check")
@click.pass_context
def config_check(context: click.Context) -> None:
    """Say everything that is wrong with it; exit 3 when anything is."""
    from provision import config  # noqa: PLC0415

    settings: Settings = context.obj
    loaded = config.load(
        settings.config,
        environment=settings.environment,
        region=settings.region,
        warn=lambda words: put(words, err=True),
    )
    put(f"{settings.config} is valid: stack {loaded.prefix}, {loaded.region}", err=True)
    if settings.verbose:
        put(*config.effective(loaded).rstrip("\n").split("\n"))


@config_group.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    import json  # noqa: PLC0415

    from provision import config  # noqa: PLC0415

    put(*json.dumps(config.schema(), indent=2).split("\n"))
