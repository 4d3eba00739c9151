"""Lists all checks, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provision.workflows.checks.auth import AUTH_CHECKS
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.cors import CORS_CHECKS
from provision.workflows.checks.keys import KEY_CHECKS
from provision.workflows.checks.poison import POISON_CHECK
from provision.workflows.checks.settings import SETTINGS_CHECKS
from provision.workflows.checks.tls import TLS_CHECKS
from provision.workflows.checks.traces import TRACE_CHECKS
from provision.workflows.checks.validation import VALIDATION_CHECKS

CHECKS: Final[tuple[EndpointCheck, ...]] = (
    *KEY_CHECKS,
    *AUTH_CHECKS,
    *CORS_CHECKS,
    *VALIDATION_CHECKS,
    *SETTINGS_CHECKS,
    *TRACE_CHECKS,
    *TLS_CHECKS,
)
"""The checks that write nothing."""
DEEP: Final[tuple[EndpointCheck, ...]] = (POISON_CHECK,)
"""The checks that write, for `--deep` alone."""


def chosen(only: Sequence[str], skip: Sequence[str], *, deep: bool) -> list[EndpointCheck]:
    """Return the checks to ask, in their order."""
    known = [*CHECKS, *(DEEP if deep else ())]
    return [check for check in known if (not only or check.id in only) and check.id not in skip]
