"""The words of `provision config`."""

from __future__ import annotations

import click

from provision.cli.options import Settings, local_option


@click.group("config", short_help="Check config.yaml; AWS is not called.")
def config_group() -> None:
    """Look at the configuration; nothing is called in AWS."""


@config_group.command("check")
@local_option
@click.pass_context
def config_check(context: click.Context, *, on_local: bool) -> None:
    """Say everything that is wrong with it; exit 3 when anything is."""
    from provision import config  # noqa: PLC0415

    settings: Settings = context.obj
    environment = "local" if on_local else settings.environment
    loaded = config.load(settings.config, environment=environment, region=settings.region)
    click.echo(f"{settings.config} is valid: stack {loaded.prefix}, {loaded.region}", err=True)
    if settings.verbose:
        click.echo(config.effective(loaded), nl=False)


@config_group.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    import json  # noqa: PLC0415

    from provision import config  # noqa: PLC0415

    click.echo(json.dumps(config.schema(), indent=2))
