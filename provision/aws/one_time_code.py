"""Asks the user for the one-time code of a profile, and never reads it from a pipe."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from pathlib import Path

import botocore.session

from provision.errors import NoCredentials
from provision.sanitizing.text import printable


def ask_people_only(core: botocore.session.Session) -> None:
    """Make the SDK ask for the code in a terminal only.

    Without a terminal it would read the code from a pipe, and wait for as long as that is open.
    """
    provider = core.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = _ask  # noqa: SLF001  (there is no other way to give one to a session)


def _ask(prompt: str) -> str:
    """Ask for the code.

    Raises `NoCredentials` without a terminal, and in a thread other than the main one: in the
    middle of a run, the progress display would overwrite the question.
    """
    if threading.current_thread() is not threading.main_thread():
        raise NoCredentials(
            f"the credentials have expired, and new ones need a code ({prompt.strip(': ')})",
            hint="run it again: it asks for the code first",
        )
    if not _somebody_is_there():
        raise NoCredentials(
            f"{prompt.strip().removesuffix(':')}: this cannot be asked without a terminal",
            hint="run it in a terminal, or set the variables that `aws configure export-credentials"
            " --format"
            " env` prints in one",
        )
    return getpass.getpass(printable(prompt))


def _somebody_is_there() -> bool:
    if os.environ.get("CI"):
        return False
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    try:
        with Path("/dev/tty").open("rb"):  # the terminal of a command in a pipe
            return True
    except OSError:
        return False
