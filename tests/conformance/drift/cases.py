"""All cases, and the fields that no call can change."""

from __future__ import annotations

from typing import Final

from tests.conformance.drift import (
    apis,
    domains,
    endpoints,
    firewalls,
    functions,
    keys,
    monitoring,
    networks,
    releases,
    roles,
    schedules,
    serving,
    tables,
)
from tests.conformance.drift.case import Case

_AREAS: Final = (
    keys,
    networks,
    endpoints,
    tables,
    roles,
    schedules,
    functions,
    releases,
    apis,
    serving,
    firewalls,
    domains,
    monitoring,
)

CASES: Final[tuple[Case, ...]] = tuple(case for area in _AREAS for case in area.CASES)

REASONS: Final = {
    (kind, field): why
    for area in _AREAS
    for kind, fields in area.REASONS.items()
    for field, why in fields.items()
}
"""Kind and field → why AWS has no call to change it."""
