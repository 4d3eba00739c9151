"""Open values of a stack that does not exist yet, and every drawing of a change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from provision.model.step import FieldRole, Step, fields_with, with_computed
from provision.plan.change import ResourceChange
from provision.unknown import is_known
from provision.views import json_documents
from provision.views.plan import plan_screen
from provision.views.status import Heading, status_screen
from provision.workflows import saved_plan
from provision.workflows.health import Health
from provision.workflows.origins import Edited
from tests.conformance.drift.world import COMPLETE
from tests.support.harness import new_aws
from tests.support.sample_stack import reference_stack

Values = Mapping[str, Any]
"""Field → a value of it that is unknown, or has unknown parts."""


@cache
def _open_values() -> Mapping[str, list[Values]]:
    """Return these for each node of the complete stack before any other is created, by kind."""
    found: dict[str, list[Values]] = {}
    steps: dict[str, Step] = {}
    with TemporaryDirectory() as directory:
        stack = reference_stack(new_aws(), Path(directory), COMPLETE)
        for name, node in stack.nodes.items():
            step = with_computed(node.build(steps), None)
            steps[name] = step
            others = (*fields_with(type(step), FieldRole.FIXED), *fields_with(type(step), None))
            unknown = {each: vars(step)[each] for each in others if not is_known(vars(step)[each])}
            found.setdefault(step.KIND, []).append(unknown)
    return found


def half_known(step: Step) -> list[Step]:
    """Return the step with values of other nodes unknown: each field alone, and together."""
    found = []
    for values in _open_values().get(step.KIND, []):
        found += [replace(step, **{name: value}) for name, value in values.items()]
        found += [replace(step, **values)]
    distinct = {repr(each): each for each in (step, *found)}
    return list(distinct.values())


def draw(finding: ResourceChange) -> str:
    """Draw it as text with every field, as a document and as a saved plan; return the text."""
    findings = {finding.node: finding}
    console = Console(width=4000, color_system=None, markup=False)
    with console.capture() as drawn:
        console.print(plan_screen("plan", findings, Edited(), width=4000, all_fields=True))
        heading = Heading("tap-dev", "dev", "1", "us-east-1", "")
        page = status_screen(heading, findings, Health(), width=4000, every_node=True)
        console.print(page)
        console.print(status_screen(heading, findings, Health(), width=80, height=23))
    json.dumps(json_documents._resource(finding, None), default=json_documents._plain)
    saved_plan._node("salt", finding)
    return drawn.get()
