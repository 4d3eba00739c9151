"""Defines the commands of `provision config`, their options and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verbs
from provision.cli.completions import complete_config_keys
from provision.cli.global_options import GlobalOptions
from provision.cli.options import json_option, pass_session
from provision.sanitizing.text import put, put_document

if TYPE_CHECKING:
    from provision.commands.session import Session
    from provision.config.unlisted import Unlisted


@click.group("config", cls=Verbs, short_help="Check and explain config.yaml; AWS is not called.")
def config_group() -> None:
    """Inspect the configuration; AWS is not called."""


@config_group.command("check")
@click.pass_context
def config_check(context: click.Context) -> None:
    """List everything that is wrong in config.yaml; exit 3 if anything is."""
    from provision import config  # noqa: PLC0415
    from provision.config.checks import check, within_folder  # noqa: PLC0415
    from provision.config.yaml.reader import refuse_linked  # noqa: PLC0415
    from provision.packaging.handlers import in_folder  # noqa: PLC0415
    from provision.preflight import check_requests  # noqa: PLC0415
    from provision.sanitizing.masking import instead, plain_secrets  # noqa: PLC0415

    options: GlobalOptions = context.obj
    if not options.allow_outside:
        refuse_linked(options.config)
    loaded = config.load(
        options.config,
        environment=options.environment,
        region=options.region,
        check=check if options.allow_outside else within_folder(check),
        check_requests=check_requests,
        warn=lambda words: put(options.call.expand_hint(words), err=True),
        unlisted=_unlisted_decision(options),
    )
    for name, function in loaded.functions.items():
        if not in_folder(function.source, function.handler, function.exclude):
            put(
                f"functions.{name}: {function.handler} is not in its source, so it must be in a"
                " layer; layers are not checked here",
                err=True,
            )
        for variable in plain_secrets(function.environment):
            put(
                f"functions.{name}.environment.{variable}: it looks like a secret by its name"
                f" or form, so no command shows its value. {instead(options.config.name)}",
                err=True,
            )
    put(f"{options.config} is valid: stack {loaded.prefix}, {loaded.region}", err=True)
    if options.verbose:
        put(*config.shown(loaded).rstrip("\n").split("\n"))


def _unlisted_decision(options: GlobalOptions) -> Unlisted:
    from provision.commands.unlisted import refuse, unless_known  # noqa: PLC0415
    from provision.config.unlisted import accept  # noqa: PLC0415

    if options.new_env:
        return accept
    return unless_known(options.config, options.state, refuse(options.call))


@config_group.command("explain")
@click.argument("key", nargs=-1, shell_complete=complete_config_keys)
@json_option
@pass_session
def config_explain(session: Session, key: tuple[str, ...]) -> int:
    """Explain the value of KEY: where it comes from, what it may be, what changing it does.

    KEY is written as in `functions.items.memory` or `api.routes."GET /items"`; a section lists its
    values, and without KEY all are listed.
    """
    from provision.commands.config_explain import explain_values  # noqa: PLC0415

    return explain_values(session, " ".join(key))


@config_group.command("schema")
@click.option("--write", is_flag=True, help="Write it where config.yaml's first line names it.")
@click.pass_context
def config_schema(context: click.Context, *, write: bool) -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    import json  # noqa: PLC0415

    from provision import config  # noqa: PLC0415

    if write:
        from provision.config.schema_file import EDITOR_LINE, write_schema  # noqa: PLC0415

        options: GlobalOptions = context.obj
        try:
            path = write_schema(options.config.parent)
        except OSError as error:
            why = error.strerror or error
            raise click.UsageError(f"the schema cannot be written: {why}") from error
        put(f"{path} is written; editors read it by a first line in config.yaml:", err=True)
        put(EDITOR_LINE)
        return
    put_document(json.dumps(config.schema(), indent=2))
