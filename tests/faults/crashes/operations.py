"""The commands of the matrix: `up` from nothing, three that change a stack, and `down`."""

from __future__ import annotations

from tests.faults.crashes.checks import Operation
from tests.faults.crashes.setup import ZONE, Edition
from tests.support.sample_stack import renaming

_SECRET = {"CURSOR_KEY": {"secret": "ssm:/tap/cursor", "key": "alias/our-key"}}
_OLD_TABLE = {"key": "id", "protect": False}

SHIPPED = Edition(
    "shipped",
    {
        "api": {"domain": {"name": f"api.{ZONE}", "zone": ZONE}},
        "functions": {"items": {"environment": _SECRET}},
        "monitoring": {"email": "ops@example.com"},
    },
)
FULL = Edition(
    "full",
    {
        "api": {"domain": {"name": f"api.{ZONE}", "zone": ZONE}},
        "monitoring": {"email": "ops@example.com"},
        "tables": {"items": {"expire": None}, "old": _OLD_TABLE},
        "functions": {
            "items": {"tables": {"items": "write", "old": "read"}, "environment": _SECRET}
        },
    },
)
EDITED = Edition(
    "edited",
    {
        "tags": {"Environment": "staging", "team": "a"},
        "tables": {
            "items": {
                "read": {"min": 10, "max": 200, "target": 60},
                "expire": {"attribute": "gone_at", "days": 10},
                "protect": False,
            },
            "orders": {"key": "id"},
        },
        "functions": {
            "items": {
                "memory": 1024,
                "timeout": 20,
                "tables": {"items": "read", "orders": "write"},
                "environment": {"LOG_LEVEL": "DEBUG"},
                "retries": {"attempts": 1, "max_age": 600},
                "log": {"retention": 60},
            }
        },
        "api": {
            "routes": {"GET /more": "items", "DELETE /items/{id}": None},
            "cors": {"max_age": 300},
            "throttle": {"rate": 500, "burst": 900},
            "quota": {"limit": 1000, "period": "DAY"},
            "keys": ["default", "second"],
            "log": {"level": "ERROR", "retention": 60},
            "domain": {"name": f"api.{ZONE}", "zone": ZONE},
        },
        "monitoring": {
            "email": "new@example.com",
            "alarms": {"function_errors": 2, "api_5xx": None, "period": 300},
        },
    },
    code="def handler(event, context): return {'changed': True}\n",
    layer="x = 2\n",
)
PLAIN = Edition("plain", {})
RENAMED = Edition("renamed", renaming())
RENUMBERED = Edition("renumbered", {"network": {"cidr": "10.30.0.0/24"}})

UP = Operation("up from nothing", "up", SHIPPED)
CHANGE = Operation("up that changes", "up", EDITED, (("up", FULL),))
DOWN = Operation("down", "down", SHIPPED, (("up", SHIPPED),))
RENAME = Operation("up that renames", "up", RENAMED, (("up", PLAIN),))
RENUMBER = Operation(
    "up that replaces the network, state lost", "up", RENUMBERED, (("up", PLAIN),), lost=True
)
OPERATIONS = (UP, CHANGE, DOWN, RENAME, RENUMBER)
