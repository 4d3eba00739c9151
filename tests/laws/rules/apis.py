"""What API Gateway shows of an account, an API and its parts that the emulator does not."""

from __future__ import annotations

from tests.laws.law import Call, Law, Refusal, World
from tests.laws.wire import Answer


class AccountIsUnknown(Law):
    """Where API Gateway was never used, there is no account to show."""

    ROW = "A36"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"GetAccount", "UpdateAccount"})

    def __init__(self) -> None:
        self.known = False

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "GetAccount" and not self.known:
            return Refusal("NotFoundException", "Invalid Customer identifier specified", 404)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.known = True


LAWS: tuple[type[Law], ...] = (AccountIsUnknown,)
