"""`provision outputs`: names, ids and addresses; an API key's value only when asked for by name."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from provision.commands.session import Session, found
from provision.errors import ProvisionError
from provision.opening import Workbench
from provision.stack.outputs import outputs as outputs_of
from provision.step import Step
from provision.steps.api_key import ApiKey

API_KEY = "api_key"


def outputs(session: Session, name: str | None) -> int:
    """All outputs, or one of them alone on stdout."""
    bench = session.open(build_sources=False)
    steps = _steps(session, bench)
    known = outputs_of(bench.site, steps)
    if name == API_KEY:
        known = {API_KEY: _key_value(bench, steps)}
    if name and name not in known:
        raise ProvisionError(
            f"there is no output {name} yet" if not steps else f"there is no output {name}",
            hint=f"one of: {', '.join([*known, API_KEY])}" if known else "provision up",
        )
    if not known:
        raise ProvisionError("there are no outputs yet", hint="provision up")
    if session.call.as_json:
        session.call.answer(json.dumps({name: known[name]} if name else known, indent=2))
    elif name:
        click.echo(known[name])
    else:
        for key, value in known.items():
            click.echo(f"{key}: {value}")
    return 0


def _steps(session: Session, bench: Workbench) -> dict[str, Step]:
    """From the journal; where that was lost, from AWS."""
    with bench.reading() as journal:
        steps = {n: r.step for n, r in journal.records.items() if not r.doing}
        return steps or found(session.look(bench, journal))


def _key_value(bench: Workbench, steps: Mapping[str, Step]) -> str:
    """The only place that asks for a key's value; it goes to stdout and nowhere else."""
    keys = [step for step in steps.values() if isinstance(step, ApiKey)]
    if not keys:
        raise ProvisionError("there is no API key yet", hint="provision up")
    value: str = bench.aws.apigateway.get_api_key(apiKey=keys[0].id, includeValue=True)["value"]
    return value
