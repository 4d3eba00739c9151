"""Says what to type if all that is left to do is refused until the user decides."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from provision.commands.invocation import Invocation
from provision.errors import DataProtected, ProvisionError


def decision_hint(call: Invocation, refused: Mapping[str, ProvisionError]) -> str:
    """Return a hint on how to continue after refusals.

    If each is about data that may be lost, the command names that data: without it, it would be
    refused again.
    """
    if not all(isinstance(error, DataProtected) for error in refused.values()):
        then = (
            f"`{call.replan_command}` saves another plan"
            if call.replan_command
            else f"`{call.rerun_command}` continues"
        )
        return f"decide that as its line says, then {then}"
    named = " ".join(f"--destroy {shlex.quote(node)}" for node in refused)
    them = "it" if len(refused) == 1 else "them"
    if call.replan_command:
        return f"`{call.replan_command} {named}` saves a plan that lets {them} be deleted"
    return f"`{call.rerun_command} {named}` lets {them} be deleted"
