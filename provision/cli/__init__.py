"""The command line: options and what they mean, a file a command.

What the commands do is in `commands/`, imported late so that `--help` needs no AWS SDK.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from provision import __version__
from provision.cli.config import config_group
from provision.cli.down import down
from provision.cli.keys import keys_group
from provision.cli.local import local_group
from provision.cli.options import Settings
from provision.cli.outputs import outputs
from provision.cli.plan import plan
from provision.cli.policy import policy_group
from provision.cli.push import push
from provision.cli.refresh import refresh
from provision.cli.status import status
from provision.cli.up import up
from provision.commands.invocation import Invocation, error_document
from provision.errors import Interrupted, ProvisionError, Usage

LOCAL_PORT = 4566
UNREACHABLE = 100_000
"""New objects before Python looks for unreachable ones. By its own 700 it does so hundreds of times
while modules and AWS's models are read, and finds nothing: a fifth of what a command computes."""
_SETTINGS = {"auto_envvar_prefix": "PROVISION", "help_option_names": ["-h", "--help"]}


class _InOrder(click.Group):
    """Lists its commands as they were added, most used first, and not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(self.commands)


@click.group(cls=_InOrder, context_settings=_SETTINGS)
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
@click.option(
    "--allow-endpoint",
    is_flag=True,
    help="Let real credentials go to an endpoint that is neither AWS nor this machine.",
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
    allow_endpoint: bool,
    debug: bool,  # noqa: ARG001  (read by `main`, which outlives this)
) -> None:
    """A production serverless API on AWS: made, changed, watched and removed by calling AWS
    directly.
    """
    context.obj = Settings(
        config,
        env,
        region,
        profile,
        state,
        verbose,
        local_port,
        allow_endpoint,
        context.obj or Invocation(),
    )


for command in (
    up,
    plan,
    status,
    down,
    push,
    outputs,
    keys_group,
    refresh,
    policy_group,
    config_group,
    local_group,
):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """The entry point: any error becomes lines on stderr and an exit code, never a traceback."""
    gc.set_threshold(UNREACHABLE)
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
