"""The embedded emulator behind `--local`: started, stopped, and put right where it differs."""

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
    BACKS_UP_NOT,
    CREDENTIALS,
    DEFAULT_PORT,
    FORGETS,
    SKIPS,
    UNLISTED,
    as_reached,
    invoke_url,
)
from provision.local.lock import EmulatorFailed
from provision.local.ports import PortTaken

__all__ = [
    "ACCOUNT",
    "BACKS_UP_NOT",
    "CREDENTIALS",
    "DEFAULT_PORT",
    "FORGETS",
    "SKIPS",
    "UNLISTED",
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
