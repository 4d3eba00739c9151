"""The command line: options and what they mean.

What the commands do is in `commands.py`, imported late so that `--help` needs no AWS SDK.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision import __version__
from provision.commands.invocation import Invocation, error_document, say
from provision.errors import Interrupted, ProvisionError, Usage

if TYPE_CHECKING:
    from provision.commands.session import Session

LOCAL_PORT = 4566
_SETTINGS = {"auto_envvar_prefix": "PROVISION", "help_option_names": ["-h", "--help"]}


@dataclass(frozen=True)
class Settings:
    """The options that stand before the command."""

    config: Path
    environment: str | None
    region: str | None
    profile: str | None
    state: Path | None
    verbose: int
    local_port: int
    call: Invocation


@click.group(context_settings=_SETTINGS)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    help="The stack's description.",
)
@click.option("--env", metavar="NAME", help="Environment; the file's own when not given.")
@click.option("--region", metavar="R", help="AWS region; the file's own when not given.")
@click.option("--profile", metavar="P", help="Profile of the AWS configuration.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="State directory; .provision/{environment} beside the configuration when not given.",
)
@click.option("-v", "--verbose", count=True, help="Tell each AWS call; plans show every field.")
@click.option(
    "--local-port",
    type=click.IntRange(1, 65535),
    default=LOCAL_PORT,
    show_default=True,
    metavar="N",
    help="The embedded emulator's port on 127.0.0.1.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="provision")
@click.pass_context
def cli(
    context: click.Context,
    config: Path,
    env: str | None,
    region: str | None,
    profile: str | None,
    state: Path | None,
    verbose: int,
    local_port: int,
    *,
    debug: bool,  # noqa: ARG001  (read by `main`, which outlives this)
) -> None:
    """A production serverless API on AWS: made, changed, watched and removed by calling AWS
    directly.
    """
    context.obj = Settings(
        config, env, region, profile, state, verbose, local_port, context.obj or Invocation()
    )


local_option = click.option(
    "--local", "on_local", is_flag=True, help="Short for --env local: an emulator, no account."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
destroy_option = click.option(
    "--destroy", multiple=True, metavar="NODE", help="Let this node's data be lost. Repeatable."
)
parallel_option = click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    metavar="N",
    help="Nodes worked on at the same time.",
)


def _session(context: click.Context, *, on_local: bool, as_json: bool = False) -> Session:
    from provision.commands.session import Session  # noqa: PLC0415  (the AWS SDK costs 0.3 s)
    from provision.opening import Options  # noqa: PLC0415
    from provision.screens.words import program  # noqa: PLC0415

    settings: Settings = context.obj
    options = Options(
        settings.config,
        "local" if on_local else settings.environment,
        settings.region,
        settings.profile,
        settings.state,
        settings.local_port,
    )
    call = settings.call
    call.program, call.verb, call.as_json = program(), context.info_name or "", as_json
    return Session(options, settings.verbose, call)


@cli.command()
@yes_option
@json_option
@local_option
@click.option("--adopt", multiple=True, metavar="NODE", help="Take over what is not ours.")
@destroy_option
@parallel_option
@click.pass_context
def up(
    context: click.Context,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    parallel: int,
    *,
    yes: bool,
    as_json: bool,
    on_local: bool,
) -> None:
    """Make AWS match config.yaml."""
    from provision.commands.up import up as run  # noqa: PLC0415

    session = _session(context, on_local=on_local, as_json=as_json)
    context.exit(run(session, yes=yes, adopt=adopt, destroy=destroy, workers=parallel))


@cli.command()
@json_option
@local_option
@click.option("--check", is_flag=True, help="Exit 4 when anything would change.")
@click.pass_context
def plan(context: click.Context, *, as_json: bool, on_local: bool, check: bool) -> None:
    """What `up` would do. Writes are refused before they leave."""
    from provision.commands.plan import plan as run  # noqa: PLC0415

    context.exit(run(_session(context, on_local=on_local, as_json=as_json), check=check))


@cli.command()
@json_option
@local_option
@click.option("--watch", is_flag=True, help="Refresh in place until Ctrl-C.")
@click.option("--check", is_flag=True, help="Exit 5 on drift, missing or unhealthy.")
@click.pass_context
def status(
    context: click.Context, *, as_json: bool, on_local: bool, watch: bool, check: bool
) -> None:
    """The dashboard: every resource, drift, health, numbers."""
    if watch and as_json:
        raise click.UsageError("--watch draws a screen; --json prints one document: choose one")
    from provision.commands.status import status as run  # noqa: PLC0415

    session = _session(context, on_local=on_local, as_json=as_json)
    context.exit(run(session, watch=watch, check=check))


@cli.command()
@yes_option
@json_option
@local_option
@destroy_option
@click.option("--destroy-data", is_flag=True, help="Let all data of the stack be lost.")
@parallel_option
@click.pass_context
def down(
    context: click.Context,
    destroy: tuple[str, ...],
    parallel: int,
    *,
    yes: bool,
    as_json: bool,
    on_local: bool,
    destroy_data: bool,
) -> None:
    """Remove it all, in the right order; data only when told to."""
    from provision.commands.down import down as run  # noqa: PLC0415

    session = _session(context, on_local=on_local, as_json=as_json)
    context.exit(
        run(session, yes=yes, destroy=destroy, destroy_data=destroy_data, workers=parallel)
    )


@cli.command()
@click.argument("name", required=False)
@json_option
@local_option
@click.pass_context
def outputs(context: click.Context, name: str | None, *, as_json: bool, on_local: bool) -> None:
    """Names, ids and addresses. `outputs api_key` asks AWS for the key's value."""
    from provision.commands.outputs import outputs as run  # noqa: PLC0415

    context.exit(run(_session(context, on_local=on_local, as_json=as_json), name))


@cli.group("config")
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


@cli.group("local")
def local_group() -> None:
    """The embedded emulator behind --local."""


@local_group.command("start")
@click.pass_context
def local_start(context: click.Context) -> None:
    """Start it, if it is not running."""
    from provision import local  # noqa: PLC0415

    port = context.obj.local_port
    emulator = local.start(_emulator_root(context), port=port, report=say)
    click.echo(emulator.endpoint)


@local_group.command("stop")
@click.pass_context
def local_stop(context: click.Context) -> None:
    """Stop it; its data stays."""
    from provision import local  # noqa: PLC0415

    local.stop(_emulator_root(context))
    say("the emulator is stopped; its data stays")


@local_group.command("reset")
@click.pass_context
def local_reset(context: click.Context) -> None:
    """Stop it and delete its data."""
    from provision import local  # noqa: PLC0415

    local.reset(_emulator_root(context))
    say("the emulator is stopped and its data deleted")


def _emulator_root(context: click.Context) -> Path:
    config: Path = context.obj.config
    return config.resolve().parent / ".provision" / "emulator"


def main(arguments: list[str] | None = None) -> None:
    """The entry point: any error becomes lines on stderr and an exit code, never a traceback."""
    call = Invocation(tuple(sys.argv[1:] if arguments is None else arguments))
    with call.stopping:
        code = _obey(call)
    sys.exit(code)


def _obey(call: Invocation) -> int:
    try:
        code = cli.main(list(call.words), prog_name="provision", standalone_mode=False, obj=call)
        return int(code or 0)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return call.fail(Interrupted("interrupted"))
    except click.ClickException as error:
        error.show()
        if call.as_json:
            call.answer(error_document(Usage(error.format_message())))
        return error.exit_code
    except BrokenPipeError:
        return 1
    except ProvisionError as error:
        return _tell(error, call)
    except Exception as error:  # noqa: BLE001  (the last net: the user gets a sentence)
        from provision.explain import explain  # noqa: PLC0415

        return _tell(explain(error), call)


def _tell(error: ProvisionError, call: Invocation) -> int:
    if "--debug" in call.words:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    return call.fail(error)
