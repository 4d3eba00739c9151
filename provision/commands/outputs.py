"""Runs `provision outputs`: names, ids, addresses; the value of an API key only if named."""

from __future__ import annotations

from provision.commands.session import Session
from provision.errors import ProvisionError
from provision.model.step import Step
from provision.plan.options import PlanOptions
from provision.sanitizing.text import put
from provision.stack.lookups import key_as_recorded
from provision.stack.outputs import output_names
from provision.stack.outputs import outputs as outputs_of
from provision.views.json_documents import outputs_document
from provision.workflows.rotate_keys import find_keys
from provision.workspace import Workspace

API_KEY = "api_key"
_MAKE = "`provision up` creates them"


def outputs(session: Session, name: str | None) -> int:
    """Print all outputs, a named one alone, or those of one sort (`table_names`), on stdout."""
    workspace = session.open(build_sources=False, key=key_as_recorded)
    steps = known_steps(session, workspace)
    known = outputs_of(workspace.inputs, steps)
    values = values_of_keys(workspace)
    if name in values:
        known = {name: _key_value(workspace, values[name])}
    wanted = {key: value for key, value in known.items() if name in {key, key.partition(".")[0]}}
    if name and not wanted:
        raise ProvisionError(
            f"there is no output {name} yet" if not steps else f"there is no output {name}",
            hint=f"one of: {', '.join([*known, *values])}" if known else _MAKE,
        )
    if not known:
        raise ProvisionError("there are no outputs yet", hint=_MAKE)
    if session.call.as_json:
        session.call.answer(outputs_document(wanted if name else known))
    elif name in known:
        put(known[name])
    else:
        for key, value in (wanted or known).items():
            put(f"{key}: {value}")
    return 0


def known_steps(session: Session, workspace: Workspace) -> dict[str, Step]:
    """Return the resources from the journal or, if that was lost, from AWS."""
    with workspace.read_state() as journal:
        steps = {n: r.step for n, r in journal.records.items() if not r.pending}
        return steps or session.plan(workspace, journal).observed


def values_of_keys(workspace: Workspace) -> dict[str, str]:
    """Map each output that is the value of an API key to the name of the key."""
    keys = workspace.inputs.config.api.keys
    return {name: key for key in keys for name in output_names(API_KEY, key, keys)}


def _key_value(workspace: Workspace, key: str) -> str:
    """Return the value of a key, which nothing else reads and which is written to stdout only.

    AWS is asked which key it is, as it may have been rotated by another user.
    """
    with workspace.read_state() as journal:
        have = find_keys(workspace.engine(journal, PlanOptions())).get(key)
        if have is None:
            raise ProvisionError(f"there is no API key {key} yet", hint=_MAKE)
        asked = workspace.aws.apigateway.get_api_key
        value: str = asked(apiKey=have.id, includeValue=True)["value"]
        return value
