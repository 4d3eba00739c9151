"""Laws of IAM that the emulator lacks: a write is visible everywhere only later."""

from __future__ import annotations

import json

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


def absent(role: str) -> Refusal:
    return Refusal("NoSuchEntity", f"The role with name {role} cannot be found.", 404)


class _FreshRole(Law):
    """Remembers until when a new role is incomplete in some way."""

    SERVICE = "iam"
    LONGEST = 8.0

    def __init__(self) -> None:
        self.settled: dict[str, float] = {}

    def _fresh(self, role: str, world: World) -> bool:
        return world.now() < self.settled.get(role, 0)

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateRole":
            self.settled[call.params["RoleName"]] = world.now() + world.delay(0.5, self.LONGEST)


class RoleAppearsLate(_FreshRole):
    ROW = "I1"
    OPERATIONS = frozenset({"CreateRole", "GetRole"})

    def before(self, call: Call, world: World) -> Refusal | None:
        name = call.params["RoleName"]
        return absent(name) if call.operation == "GetRole" and self._fresh(name, world) else None


class ArnIsAnId(_FreshRole):
    """In place of the ARN, the role's unique id is shown at first."""

    ROW = "I2"
    OPERATIONS = frozenset({"CreateRole", "GetRole"})
    LONGEST = 30.0

    def after(self, call: Call, answer: Answer, world: World) -> None:
        super().after(call, answer, world)
        if self._fresh(call.params["RoleName"], world):
            answer["Role"]["Arn"] = answer["Role"]["RoleId"]


class PrincipalIsUnknown(_FreshRole):
    """A trust policy that names a new role is refused as malformed."""

    ROW = "I3"
    OPERATIONS = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})
    LONGEST = 30.0

    def before(self, call: Call, world: World) -> Refusal | None:
        document = call.params.get("AssumeRolePolicyDocument") or call.params["PolicyDocument"]
        for statement in json.loads(document)["Statement"]:
            named = statement.get("Principal", {}).get("AWS", "")
            for principal in named if isinstance(named, list) else [named]:
                if self._fresh(principal.rpartition("/")[2], world):
                    text = f'Invalid principal in policy: "AWS":"{principal}"'
                    return Refusal("MalformedPolicyDocument", text)
        return None


class RoleTakesPoliciesLate(_FreshRole):
    ROW = "I5"
    OPERATIONS = frozenset({"CreateRole", "PutRolePolicy", "AttachRolePolicy"})

    def before(self, call: Call, world: World) -> Refusal | None:
        name, making = call.params["RoleName"], call.operation == "CreateRole"
        return absent(name) if self._fresh(name, world) and not making else None


class RoleGoesLast(Law):
    """A role can be deleted only when it is empty, and has been so for a moment."""

    ROW = "I8"
    SERVICE = "iam"
    OPERATIONS = frozenset(
        {
            "PutRolePolicy",
            "DeleteRolePolicy",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "DeleteRole",
        }
    )

    def __init__(self) -> None:
        self.policies: dict[str, set[str]] = {}
        self.empty: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        role = call.params["RoleName"]
        if call.operation != "DeleteRole":
            return None
        if self.policies.get(role) or world.now() < self.empty.get(role, 0):
            text = "Cannot delete entity, must remove referenced objects first."
            return Refusal("DeleteConflict", text, 409)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        role = call.params["RoleName"]
        held = self.policies.setdefault(role, set())
        policy = call.params.get("PolicyName") or call.params.get("PolicyArn", "")
        if call.operation.startswith(("Put", "Attach")):
            held.add(policy)
        elif call.operation != "DeleteRole":
            held.discard(policy)
            self.empty[role] = world.now() + world.delay(1, 10)


LAWS: tuple[type[Law], ...] = (
    RoleAppearsLate,
    ArnIsAnId,
    PrincipalIsUnknown,
    RoleTakesPoliciesLate,
    RoleGoesLast,
)
