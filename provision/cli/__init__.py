"""Defines the command line: options, arguments and help texts, one file a command.

`global_options` has the options of the whole tool, and `command_classes` the click classes that
accept them before and after each command. `main` turns any error into lines and an exit code. The
commands themselves are in `commands/`, imported late so that `--help` needs no AWS SDK.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Iterator
from typing import TextIO

import click

from provision import __version__
from provision.cli.check import check
from provision.cli.command_classes import Verbs
from provision.cli.completion import completion
from provision.cli.config import config_group
from provision.cli.dlq import dlq_group
from provision.cli.down import down
from provision.cli.environment_variables import COMPLETION
from provision.cli.explain import explain
from provision.cli.graph import graph
from provision.cli.init import init
from provision.cli.invoke import invoke
from provision.cli.keys import keys_group
from provision.cli.local import local_group
from provision.cli.logs import logs
from provision.cli.outputs import outputs
from provision.cli.plan import plan
from provision.cli.policy import policy_group
from provision.cli.push import push
from provision.cli.refresh import refresh
from provision.cli.skill import skill
from provision.cli.status import status
from provision.cli.up import up
from provision.commands.invocation import Invocation
from provision.errors import Interrupted, OutputLost, ProvisionError, UsageError, error_code
from provision.sanitizing.text import harden, put
from provision.views.error_lines import with_code
from provision.views.json_head import error_document

GC_THRESHOLD = 100_000
"""New objects before Python looks for unreachable ones. By its default of 700 it does so hundreds
of times while modules and AWS's models are read, and finds nothing: a fifth of a command's
computing time."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of a stream that takes no more: a full disk, a quota, a limit of size, a broken device."""
_SETTINGS = {"auto_envvar_prefix": "PROVISION", "help_option_names": ["-h", "--help"]}


@click.group(cls=Verbs, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="provision", allow_from_autoenv=False)
def cli() -> None:
    """Build, change, watch and remove a serverless API on AWS by calling AWS directly.

    The options below may also follow the command.
    """


for command in (
    init,
    up,
    plan,
    status,
    down,
    push,
    check,
    logs,
    outputs,
    invoke,
    dlq_group,
    keys_group,
    refresh,
    graph,
    policy_group,
    config_group,
    explain,
    completion,
    skill,
    local_group,
):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the tool. Any error becomes lines on stderr and an exit code, never a traceback."""
    gc.set_threshold(GC_THRESHOLD)
    harden()
    call = Invocation(tuple(sys.argv[1:] if arguments is None else arguments))
    with call.stopping:
        try:
            code = _run(call)
        except OSError:  # neither terminal nor pipe is left to report to
            code = Interrupted.exit_code if call.stopping.asked else 1
        lost = _flush(sys.stdout)
        if code == 0 and lost and _is_full(lost):
            code = call.fail(_output_lost(lost))
        _flush(sys.stderr)
    sys.exit(code)


def _flush(stream: TextIO | None) -> OSError | None:
    """Flush the stream, or Python would complain at its end and change the exit code.

    Return the error if what was written is lost.
    """
    if stream is None:  # closed by the caller (`>&-`)
        return None
    try:
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error
    return None


def _is_full(error: Exception) -> bool:
    """Return whether a stream took no more; an error of a file that is opened has its name."""
    return isinstance(error, OSError) and error.errno in _FULL and error.filename is None


def _output_lost(error: Exception) -> OutputLost:
    said = error.strerror if isinstance(error, OSError) else error
    return OutputLost(
        f"the output could not be written: {said}",
        hint="what the command did before is done; free space, or send stdout elsewhere",
    )


def _run(call: Invocation) -> int:
    if os.environ.get(COMPLETION):
        return _complete(call)
    try:
        code = cli.main(list(call.words), prog_name=call.program, standalone_mode=False, obj=call)
        return int(code or 0)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return call.fail(Interrupted("interrupted"))
    except click.ClickException as error:
        _show(error, call)
        if call.as_json:
            call.answer(error_document(call.word(UsageError(error.format_message()))))
        return error.exit_code
    except BrokenPipeError:
        return 1
    except ProvisionError as error:
        return _report(error, call)
    except Exception as error:  # noqa: BLE001  (the last net: the user gets a sentence)
        if _is_full(error):
            call.answered = True  # no document can be written either
            return _report(_output_lost(error), call)
        from provision.engine.errors import translate_error  # noqa: PLC0415

        return _report(translate_error(error), call)


def _complete(call: Invocation) -> int:
    """Answer a shell. An error would be shown in the middle of the line that is being typed."""
    from provision.cli.shells import PROGRAM, know_shells  # noqa: PLC0415

    know_shells()
    try:
        cli.main([], prog_name=PROGRAM, complete_var=COMPLETION, standalone_mode=False, obj=call)
    except Exception:  # noqa: BLE001  (the shell then completes nothing)
        return 1
    return 0


def _show(error: click.ClickException, call: Invocation) -> None:
    """Print an error as click does, with control characters escaped."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # its message is the help itself
        put(*error.format_message().split("\n"), err=True)
        return
    if isinstance(error, click.UsageError) and (context := error.ctx):
        put(*context.get_usage().split("\n"), err=True)
        put(f"Try `{context.command_path} {context.help_option_names[-1]}` for help.", "", err=True)
    message = error.format_message()
    if isinstance(error, click.MissingParameter):  # click puts choices on lines of their own
        message = " ".join(message.split())
    said = f"Error: {call.expand_hint(message)}"
    put(*with_code(error_code(UsageError), said), err=True)


def _trace(error: ProvisionError) -> Iterator[str]:
    """Yield the lines of a traceback. The text of an error is always one of them."""
    import traceback  # noqa: PLC0415

    for part in traceback.format_exception(error):
        text = part.strip("\n")
        yield from text.split("\n") if text.startswith("  File ") else (text,)


def _report(error: ProvisionError, call: Invocation) -> int:
    if call.debug:
        put(*_trace(error), err=True)
    return call.fail(error)
