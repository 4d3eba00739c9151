"""The form of a privilege escalation in `ways.py`.

It has the permissions it needs, the resource, and the stacks for which it is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from provision.model.step import OWNER
from tests.conformance.permissions.evaluation import Ask
from tests.conformance.permissions.place import HERE

OURS: Final = HERE.arn("iam", "role/tap-dev-us-east-1-items", region=False)
ADMIN: Final = HERE.arn("iam", "role/admin", region=False)
SHARED: Final = HERE.arn("iam", "role/provision-api-gateway-logs", region=False)
USER: Final = HERE.arn("iam", "user/deployer", region=False)
GROUP: Final = HERE.arn("iam", "group/admins", region=False)
FUNCTION: Final = HERE.arn("lambda", "function:tap-dev-items")
THEIRS: Final = HERE.arn("lambda", "function:payroll")
KEY: Final = HERE.arn("kms", "key/11111111-2222-3333-4444-555555555555")
CERTIFICATE: Final = HERE.arn("acm", "certificate/11111111")
LOGS: Final = HERE.arn("logs", "log-group:API-Gateway-Execution-Logs_theirs/v1")
TAG: Final = f"aws:resourcetag/{OWNER}"
MINE: Final = {TAG: (f"tap/dev/{HERE.region}/{HERE.account}/it",)}
NEW: Final = {f"aws:requesttag/{OWNER}": MINE[TAG]}
PLAN: Final = HERE.arn("apigateway", "/usageplans/a", account=False)
INTEGRATION: Final = HERE.arn(
    "apigateway", "/restapis/a/resources/b/methods/GET/integration", account=False
)
MARKING: Final = {
    f"aws:requesttag/{OWNER}": (f"tap/dev/{HERE.region}/{HERE.account}/it",),
    TAG: (f"other/prod/{HERE.region}/{HERE.account}/it",),
    "kms:resourcealiases": ("alias/theirs",),
}
ALARM: Final = HERE.arn("cloudwatch", "alarm:tap-dev-api-errors")
TARGET: Final = HERE.arn("application-autoscaling", "scalable-target/0ec5")
NO_SUCH: Final = "none of it is in the policies"
OWN_ROLES: Final = "the stack's own roles alone, by name"


class Open(StrEnum):
    """The stacks for which a privilege escalation is open."""

    NEVER = "| closed | closed |"
    UNBOUND = "| closed | **open** |"
    ALWAYS = "| **open** | **open** |"


@dataclass(frozen=True)
class Way:
    """A privilege escalation: all of `asks` must be allowed, or one of `either`."""

    name: str
    asks: Sequence[Ask]
    against: str
    either: bool = False
    open: Open = Open.NEVER


def iam(resource: str, *actions: str, **context: str) -> list[Ask]:
    told = {f"iam:{key}": (value,) for key, value in context.items()}
    return [Ask(f"iam:{action}", resource, told) for action in actions]


def passing(role: str, service: str) -> Ask:
    return Ask("iam:PassRole", role, {"iam:passedtoservice": (f"{service}.amazonaws.com",)})


def alarm_that_calls(alarm: str, called: str) -> Ask:
    return Ask("cloudwatch:PutMetricAlarm", alarm, {"cloudwatch:alarmactions": (called,)})


def scaling(service: str, dimension: str) -> Ask:
    told = {
        "application-autoscaling:service-namespace": (service,),
        "application-autoscaling:scalable-dimension": (f"{service}:{dimension}",),
    }
    new = {f"aws:requesttag/{OWNER}": MINE[TAG]}
    return Ask("application-autoscaling:RegisterScalableTarget", TARGET, {**told, **new})


def of_lambda(resource: str, *actions: str) -> list[Ask]:
    return [Ask(f"lambda:{action}", resource) for action in actions]
