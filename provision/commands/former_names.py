"""Finds stacks that this one may have been before: states of environments no longer listed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from provision import LOCAL_ENVIRONMENT
from provision.config.overlays import environments
from provision.config.schema.types import NAME
from provision.config.yaml.reader import read
from provision.files import read_private
from provision.workspace import Options, Workspace


def former_names_hint(options: Options, workspace: Workspace) -> str:
    """Return a hint on each other stack that this one may have been before, or "".

    Empty if this stack is recorded, if the user chose the state directory, and on local. Every name
    in AWS contains the environment: another environment is another stack, and nothing can be moved
    there.
    """
    if (
        workspace.remembered
        or options.state
        or workspace.inputs.config.environment == LOCAL_ENVIRONMENT
    ):
        return ""
    config = workspace.inputs.config
    listed = {LOCAL_ENVIRONMENT, config.environment, *environments(read(options.config)[0])}
    others = [
        folder.name
        for folder in sorted(workspace.directory.parent.glob("*"))
        if re.fullmatch(NAME, folder.name)  # a checkout may hold folders of any name
        and folder.name not in listed
        and _has_stack(folder, f"{config.name}-{folder.name}")
    ]
    return "; ".join(
        f"{config.name}-{other} is recorded in {workspace.directory.parent / other}, but the"
        f" configuration no longer has the environment {other}: {config.prefix} is a new stack,"
        f" without its data; `provision plan --env {other}` shows that stack, `environment:"
        f" {other}` selects it again"
        for other in others
    )


def _has_stack(folder: Path, stack: str) -> bool:
    """Return whether the folder has records of the stack. An unreadable state counts as none."""
    try:
        state = json.loads(read_private(folder / "state.json") or b"{}")
        return bool(state["stack"] == stack and state["records"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
