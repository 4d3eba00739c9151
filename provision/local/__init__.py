"""The embedded emulator behind `--local`: MiniStack, corrected where it differs from AWS.

`start`, `stop` and `reset` manage one emulator process per directory (`Emulator`). `for_emulator`
prepares a boto3 client: it verifies each connection and installs the corrections of answers.
`server` is the emulator's process and adds what MiniStack lacks. `UNSUPPORTED_KINDS` and the
other constants of `limitations` list for the engine what the emulator cannot do.
"""

from provision.local.authenticated_connections import for_emulator
from provision.local.corrections import install
from provision.local.data_directory import emulator_directory
from provision.local.emulator import (
    Emulator,
    EmulatorMissing,
    is_running,
    reset,
    running,
    start,
    stop,
)
from provision.local.limitations import (
    ACCOUNT,
    CREDENTIALS,
    DEFAULT_PORT,
    KINDS_WITHOUT_BACKUP,
    UNLISTED,
    UNREADABLE_FIELDS,
    UNSUPPORTED_KINDS,
    as_reached,
    invoke_url,
)
from provision.local.lock import EmulatorFailed
from provision.local.ports import PortTaken

__all__ = [
    "ACCOUNT",
    "CREDENTIALS",
    "DEFAULT_PORT",
    "KINDS_WITHOUT_BACKUP",
    "UNLISTED",
    "UNREADABLE_FIELDS",
    "UNSUPPORTED_KINDS",
    "Emulator",
    "EmulatorFailed",
    "EmulatorMissing",
    "PortTaken",
    "as_reached",
    "emulator_directory",
    "for_emulator",
    "install",
    "invoke_url",
    "is_running",
    "reset",
    "running",
    "start",
    "stop",
]
