"""Laws of Lambda that the emulator lacks: roles are checked, and changes take time."""

from __future__ import annotations

from typing import Any

from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

BUSY = "The operation cannot be performed at this time. "
UPDATES = frozenset({"UpdateFunctionCode", "UpdateFunctionConfiguration"})
CONFIGURED = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})
SHOWN = frozenset({"GetFunction", "GetFunctionConfiguration"})


def named(call: Call) -> str:
    """Return the bare name of the function, in any form of its name."""
    parts = str(call.params["FunctionName"]).split(":")
    return parts[6] if len(parts) > 6 else parts[0]


def latest(call: Call) -> bool:
    return str(call.params.get("Qualifier", "$LATEST")) == "$LATEST"


def shown(call: Call, answer: Answer) -> dict[str, Any]:
    """Return the configuration in an answer."""
    found: dict[str, Any] = answer["Configuration"] if call.operation == "GetFunction" else answer
    return found


def conflict(text: str) -> Refusal:
    return Refusal("ResourceConflictException", text, 409)


class RoleSpreads(Law):
    """A role cannot be assumed for some seconds after its creation."""

    ROW = "L1"
    SERVICE = "lambda"
    OPERATIONS = CONFIGURED

    def __init__(self) -> None:
        self.usable: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) or (call.service, call.operation) == ("iam", "CreateRole")

    def before(self, call: Call, world: World) -> Refusal | None:
        if world.now() < self.usable.get(call.params.get("Role", ""), 0):
            return Refusal(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateRole":
            self.usable[answer["Role"]["Arn"]] = world.now() + world.delay(4, 100)


class PolicySpreads(Law):
    """Lambda tries the role's policy before it accepts a queue or a network."""

    ROW = "L2"
    SERVICE = "lambda"
    OPERATIONS = CONFIGURED

    def __init__(self) -> None:
        self.effective: dict[str, float] = {}
        self.roles: dict[str, str] = {}

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) or (call.service, call.operation) == ("iam", "PutRolePolicy")

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.service == "iam":
            return None
        role = call.params.get("Role") or self.roles.get(named(call), "")
        if world.now() >= self.effective.get(role.rpartition("/")[2], 0):
            self.roles[named(call)] = role
            return None
        if call.params.get("DeadLetterConfig", {}).get("TargetArn"):
            missing = "SendMessage on SQS"
        elif call.params.get("VpcConfig", {}).get("SubnetIds"):
            missing = "CreateNetworkInterface on EC2"
        else:
            return None
        return Refusal(
            "InvalidParameterValueException",
            f"The provided execution role does not have permissions to call {missing}",
        )

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.service == "iam":
            self.effective[call.params["RoleName"]] = world.now() + world.delay(3, 90)


class FirstPending(Law):
    """A new function is Pending, and cannot be changed in the meantime."""

    ROW = "L6"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"CreateFunction", "DeleteFunction", "PublishVersion", *UPDATES, *SHOWN})

    def __init__(self) -> None:
        self.active: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        pending = world.now() < self.active.get(named(call), 0)
        if pending and call.write and call.operation != "CreateFunction":
            return conflict(f"{BUSY}The function is currently in the following state: 'Pending'")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateFunction":
            network = call.params.get("VpcConfig", {}).get("SubnetIds")
            self.active[named(call)] = world.now() + world.delay(*(20, 240) if network else (2, 20))
        elif call.operation not in SHOWN:
            return
        if latest(call) and world.now() < self.active.get(named(call), 0):
            found = shown(call, answer)
            found |= {"State": "Pending", "StateReasonCode": "Creating"}
            found.pop("LastUpdateStatus", None)


class UpdatesTakeTime(Law):
    """An update is in progress after its answer, and no other is accepted before its end."""

    ROW = "L7"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"PublishVersion", *UPDATES, *SHOWN})

    def __init__(self) -> None:
        self.done: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.write and world.now() < self.done.get(named(call), 0):
            return conflict(f"{BUSY}An update is in progress for resource: {named(call)}")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation in UPDATES:
            self.done[named(call)] = world.now() + world.delay(1, 30)
        if call.operation == "PublishVersion" or not latest(call):
            return
        if world.now() < self.done.get(named(call), 0):
            shown(call, answer)["LastUpdateStatus"] = "InProgress"


class VersionsArePendingToo(Law):
    """Invoking a new version fails while it is Pending, with a state without quotes."""

    ROW = "L31"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"Invoke", "PublishVersion"})

    def __init__(self) -> None:
        self.active: dict[tuple[str, str], float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        key = named(call), str(call.params.get("Qualifier", ""))
        if call.operation == "Invoke" and world.now() < self.active.get(key, 0):
            return conflict(f"{BUSY}The function is currently in the following state: Pending")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "PublishVersion":
            key = named(call), str(answer["Version"])
            self.active.setdefault(key, world.now() + world.delay(2, 20))


class VersionsAreSeenPending(Law):
    """A new version shows that it is Pending, without a status of an update."""

    ROW = "L12"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"PublishVersion", "GetFunction", "DeleteFunction"})

    def __init__(self) -> None:
        self.active: dict[tuple[str, str], float] = {}

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "DeleteFunction":
            self.active = {key: at for key, at in self.active.items() if key[0] != named(call)}
        elif call.operation == "PublishVersion":
            key = (named(call), answer["Version"])
            self.active.setdefault(key, world.now() + world.delay(1, 20))
        elif not latest(call):
            key = (named(call), call.params["Qualifier"])
            if world.now() < self.active.get(key, 0):
                answer["Configuration"] |= {"State": "Pending", "StateReasonCode": "Creating"}
                answer["Configuration"].pop("LastUpdateStatus", None)


class NameIsTaken(Law):
    """A collision has the code of a busy function, and its own spelling: "exist"."""

    ROW = "L8"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"CreateFunction", "DeleteFunction"})

    def __init__(self) -> None:
        self.names: set[str] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "CreateFunction" and named(call) in self.names:
            return conflict(f"Function already exist: {named(call)}")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateFunction":
            self.names.add(named(call))
        elif latest(call):
            self.names.discard(named(call))


class RevisionMoves(Law):
    """The RevisionId in an update's answer is out of date when the update ends."""

    ROW = "L9"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"CreateFunction", "PublishVersion", *UPDATES})

    def __init__(self) -> None:
        self.stale: set[str] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.params.get("RevisionId") in self.stale:
            return OVERTAKEN
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation != "PublishVersion":
            answer["RevisionId"] = f"stale-{world.random.getrandbits(64):x}"
            self.stale.add(answer["RevisionId"])


OVERTAKEN = Refusal(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the"
    " GetFunction/GetAlias API to retrieve the latest Revision Id",
    412,
)


class RevisionOvertaken(Law):
    """A value just read may already be out of date: sometimes, and once for each value."""

    ROW = "L10"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"PublishVersion", "UpdateAlias", "AddPermission"})

    def __init__(self, chance: float = 0.4) -> None:
        self.chance = chance
        self.refused: set[tuple[str, str]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        key = (call.operation, named(call))
        if call.params.get("RevisionId") and key not in self.refused and world.chance(self.chance):
            self.refused.add(key)
            return OVERTAKEN
        self.refused.discard(key)
        return None


class PublishedAsMeant(Law):
    """Only code with the given digest is published."""

    ROW = "L11"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"CreateFunction", "UpdateFunctionCode", "PublishVersion"})

    def __init__(self) -> None:
        self.code: dict[str, str] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        meant, current = call.params.get("CodeSha256"), self.code.get(named(call))
        if meant and current and meant != current:
            return Refusal(
                "InvalidParameterValueException",
                f"CodeSHA256 ({meant}) is different from current CodeSHA256 in $LATEST"
                f" ({current}). Please try again with the CodeSHA256 in $LATEST.",
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation != "PublishVersion":
            self.code[named(call)] = answer["CodeSha256"]


class OnePolicyWriter(Law):
    """Statements of one function are written one after the other, and each id once."""

    ROW = "L15"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"AddPermission", "RemovePermission", "DeleteFunction"})

    def __init__(self, chance: float = 0.5) -> None:
        self.chance = chance
        self.written: dict[str, float] = {}
        self.statements: set[tuple[str, str, str]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "DeleteFunction":
            return None
        if self._key(call) in self.statements and call.operation == "AddPermission":
            return conflict(
                f"The statement id ({call.params['StatementId']}) provided already exists. Please"
                " provide a new statement id, or remove the existing statement."
            )
        recent = world.now() - self.written.get(named(call), -10) < 1
        if recent and world.chance(self.chance):
            self.written[named(call)] = -10
            return conflict(
                "The function policy could not be updated due to a concurrent update operation."
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "DeleteFunction":
            self.statements = {key for key in self.statements if key[0] != named(call)}
            return
        self.written[named(call)] = world.now()
        if call.operation == "AddPermission":
            self.statements.add(self._key(call))
        else:
            self.statements.discard(self._key(call))

    def _key(self, call: Call) -> tuple[str, str, str]:
        return named(call), call.params.get("Qualifier", ""), call.params["StatementId"]


class StatementsLinger(Law):
    """A removed statement is shown for some seconds more."""

    ROW = "L16"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"RemovePermission", "GetPolicy"})

    def __init__(self) -> None:
        self.shown: dict[tuple[str, str], Answer] = {}
        self.gone: dict[tuple[str, str], float] = {}

    def before(self, call: Call, world: World) -> Answer | None:
        place = (named(call), call.params.get("Qualifier", ""))
        if call.operation == "GetPolicy" and world.now() < self.gone.get(place, 0):
            return self.shown.get(place)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        place = (named(call), call.params.get("Qualifier", ""))
        if call.operation == "GetPolicy":
            self.shown[place] = dict(answer)
        else:
            self.gone[place] = world.now() + world.delay(1, 10)


class EachLayerIsNew(Law):
    """Every publishing creates a version, even if its answer is lost, as the first one's is."""

    ROW = "L24"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"PublishLayerVersion"})

    def __init__(self) -> None:
        self.lost: set[str] = set()

    def after(self, call: Call, answer: Answer, world: World) -> Lost | None:
        name = call.params["LayerName"]
        if name in self.lost:
            return None
        self.lost.add(name)
        return Lost()


class DeletingTakesTime(Law):
    """A deleted function is shown for a while, and its name remains in use."""

    ROW = "L27"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"CreateFunction", "DeleteFunction", "GetFunction"})

    def __init__(self) -> None:
        self.last: dict[str, Answer] = {}
        self.gone: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if world.now() >= self.gone.get(named(call), 0) or not latest(call):
            return None
        if call.operation == "CreateFunction":
            return conflict(f"Function already exist: {named(call)}")
        if call.operation == "GetFunction" and named(call) in self.last:
            return self.last[named(call)]
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if not latest(call):
            return
        if call.operation == "GetFunction":
            state = {"State": "Deleting", "LastUpdateStatus": "Successful"}
            configuration = answer["Configuration"] | state
            self.last[named(call)] = {**answer, "Configuration": configuration}
        elif call.operation == "DeleteFunction":
            self.gone[named(call)] = world.now() + world.delay(2, 90)


class IdleFunctionsSleep(Law):
    """After two weeks without a call a function is Inactive: the next call fails and wakes it."""

    ROW = "L30"
    SERVICE = "lambda"
    OPERATIONS = SHOWN | {"Invoke"}
    TWO_WEEKS = 14 * 86_400.0

    def __init__(self) -> None:
        self.called: dict[str, float] = {}
        self.awake: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        name = named(call)
        if call.operation != "Invoke":
            return None
        if self._sleeps(name, world):
            self.awake[name] = world.now() + world.delay(2, 20)
        self.called[name] = world.now()
        if world.now() < self.awake.get(name, 0):
            return conflict(f"{BUSY}The function is currently in the following state: Pending")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        name = named(call)
        self.called.setdefault(name, world.now())
        if call.operation in SHOWN and latest(call) and self._sleeps(name, world):
            shown(call, answer).update(State="Inactive", StateReasonCode="Idle")

    def _sleeps(self, name: str, world: World) -> bool:
        return world.now() - self.called.get(name, world.now()) >= self.TWO_WEEKS


class LoggingIsReplaced(Law):
    """A field of the logging configuration that an update omits returns to its default."""

    ROW = "L32"
    SERVICE = "lambda"
    OPERATIONS = CONFIGURED | SHOWN

    def __init__(self) -> None:
        self.whole: dict[str, dict[str, Any]] = {}

    def after(self, call: Call, answer: Answer, world: World) -> None:
        name = named(call)
        if call.operation in CONFIGURED and "LoggingConfig" in call.params:
            asked = dict(call.params["LoggingConfig"])
            default: dict[str, Any] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
            if asked.get("LogFormat") == "JSON":
                default |= {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
            self.whole[name] = default | asked
        if name in self.whole and latest(call):
            shown(call, answer)["LoggingConfig"] = dict(self.whole[name])


class MoreIsShown(Law):
    """Settings without a given value are shown with their defaults."""

    ROW = "L33"
    SERVICE = "lambda"
    OPERATIONS = SHOWN

    def after(self, call: Call, answer: Answer, world: World) -> None:
        function = shown(call, answer)
        function.setdefault("SnapStart", {"ApplyOn": "None", "OptimizationStatus": "Off"})
        function.setdefault("EphemeralStorage", {"Size": 512})
        function["RuntimeVersionConfig"] = {"RuntimeVersionArn": "arn:aws:lambda:::runtime:x"}
        network = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}
        function["VpcConfig"] = network | function.get("VpcConfig", {})
        function["VpcConfig"]["Ipv6AllowedForDualStack"] = False


LAWS: tuple[type[Law], ...] = (
    IdleFunctionsSleep,
    LoggingIsReplaced,
    MoreIsShown,
    RoleSpreads,
    PolicySpreads,
    FirstPending,
    UpdatesTakeTime,
    VersionsArePendingToo,
    VersionsAreSeenPending,
    NameIsTaken,
    RevisionMoves,
    RevisionOvertaken,
    PublishedAsMeant,
    OnePolicyWriter,
    StatementsLinger,
    EachLayerIsNew,
    DeletingTakesTime,
)
