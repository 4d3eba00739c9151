"""What Lambda does that the emulator does not: it checks roles, and everything takes a while."""

from __future__ import annotations

from tests.laws.law import Call, Law, Refusal, World
from tests.laws.wire import Answer


class RoleMustBeKnown(Law):
    """The role cannot be assumed for some seconds after its first use (its trust spreads)."""

    ROW = "L1"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})

    def __init__(self) -> None:
        self.usable: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        role = call.params.get("Role")
        if role is None:
            return None
        at = self.usable.setdefault(role, world.now() + world.delay(4, 40))
        if world.now() < at:
            return Refusal(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
            )
        return None


LAWS: tuple[type[Law], ...] = (RoleMustBeKnown,)
