"""One file a kind of AWS resource; `KINDS` names them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.step import Step
from provision.steps.api_key import ApiKey
from provision.steps.role import Role
from provision.steps.subnet import Subnet
from provision.steps.table import Table
from provision.steps.usage_plan import UsagePlan
from provision.steps.vpc import Vpc

KINDS: Final[Mapping[str, type[Step]]] = {
    kind.KIND: kind
    for kind in (
        ApiKey,
        Role,
        Subnet,
        Table,
        UsagePlan,
        Vpc,
    )
}
