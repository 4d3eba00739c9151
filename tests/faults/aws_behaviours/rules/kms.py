"""Laws of KMS that the emulator lacks: a key is consistent only some seconds later."""

from __future__ import annotations

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class KeysSettle(Law):
    """A new key may not be found, and a key just enabled may be called disabled."""

    ROW = "K1"
    SERVICE = "kms"
    OPERATIONS = frozenset({"CreateKey", "EnableKey", "EnableKeyRotation", "GetKeyRotationStatus"})

    def __init__(self) -> None:
        self.made: dict[str, float] = {}
        self.enabled: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        key = call.params.get("KeyId", "")
        if not call.operation.endswith(("Rotation", "RotationStatus")):
            return None
        arn = f"arn:aws:kms:us-east-1:123456789012:key/{key}"
        if world.now() < self.made.get(key, 0):
            return Refusal("NotFoundException", f"Key '{arn}' does not exist")
        if world.now() < self.enabled.get(key, 0):
            return Refusal("DisabledException", f"{arn} is disabled.")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateKey":
            self.made[answer["KeyMetadata"]["KeyId"]] = world.now() + world.delay(1, 10)
        elif call.operation == "EnableKey":
            self.enabled[call.params["KeyId"]] = world.now() + world.delay(1, 10)


LAWS: tuple[type[Law], ...] = (KeysSettle,)
