"""Laws of API Gateway's domain names that the emulator lacks: changes take minutes."""

from __future__ import annotations

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.rules.apigateway import bad, conflict
from tests.faults.aws_behaviours.wire import Answer


class CertificateMustServe(Law):
    """A certificate must be issued, and be in this region and account."""

    ROW = "A28"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateDomainName", "UpdateDomainName"})

    def __init__(self, region: str = "us-east-1") -> None:
        self.region = region
        self.issued: dict[str, bool] = {}

    def concerns(self, call: Call) -> bool:
        of_acm = (call.service, call.operation) == ("acm", "DescribeCertificate")
        return of_acm or super().concerns(call)

    def before(self, call: Call, world: World) -> Refusal | None:
        arn = call.params.get("regionalCertificateArn")
        if arn is None:
            return None
        if arn.split(":")[3] != self.region:
            return bad(f"Invalid certificate ARN: {arn}. Certificate must be in '{self.region}'")
        if not self.issued.get(arn, True):
            return bad(f"Invalid certificate ARN: {arn}. Certificate must be issued")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.service == "acm":
            status = answer["Certificate"]["Status"]
            self.issued[answer["Certificate"]["CertificateArn"]] = status == "ISSUED"


class DomainTakesMinutes(Law):
    """A new or changed domain name is UPDATING; no other change is accepted in the meantime."""

    ROW = "A29"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateDomainName", "UpdateDomainName", "GetDomainName"})

    def __init__(self) -> None:
        self.ready: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        name = call.params["domainName"]
        if call.operation == "UpdateDomainName" and world.now() < self.ready.get(name, 0):
            return bad("The domain name is being updated")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        name = call.params["domainName"]
        if call.write:
            self.ready[name] = world.now() + world.delay(60, 600)
        if world.now() < self.ready.get(name, 0):
            answer["domainNameStatus"] = "PENDING" if call.operation[0] == "C" else "UPDATING"


class MappingNeedsAMoment(Law):
    """Right after its domain or stage a mapping may be refused; an equal second one always is."""

    ROW = "A30"
    SERVICE = "apigateway"
    OPERATIONS = frozenset(
        {
            "CreateDomainName",
            "CreateStage",
            "CreateBasePathMapping",
            "DeleteBasePathMapping",
        }
    )

    def __init__(self) -> None:
        self.usable = 0.0
        self.mapped: set[tuple[str, str]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation != "CreateBasePathMapping":
            return None
        if "/" in call.params.get("basePath", ""):
            return bad("API Gateway V1 doesn't support the slash character (/) in base path")
        if self._key(call) in self.mapped:
            return conflict("Base path already exists for this domain name")
        return bad("Invalid stage identifier specified") if world.now() < self.usable else None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation in {"CreateDomainName", "CreateStage"}:
            self.usable = max(self.usable, world.now() + world.delay(1, 20))
        elif call.operation == "CreateBasePathMapping":
            self.mapped.add(self._key(call))
        else:
            self.mapped.discard(self._key(call))

    def _key(self, call: Call) -> tuple[str, str]:
        return call.params["domainName"], call.params.get("basePath") or "(none)"


class MappingsHoldApis(Law):
    """An API that a domain leads to is not deleted."""

    ROW = "A31"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateBasePathMapping", "DeleteBasePathMapping", "DeleteRestApi"})

    def __init__(self) -> None:
        self.led_to: dict[tuple[str, str], str] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation != "DeleteRestApi":
            return None
        api = call.params["restApiId"]
        domains = sorted(domain for (domain, _), led in self.led_to.items() if led == api)
        if domains:
            return bad(
                f"Deleting RestApi {api} failed. Please remove all base path mappings related to"
                f" the RestApi in your domains: {', '.join(domains)}"
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "DeleteRestApi":
            return
        key = (call.params["domainName"], call.params.get("basePath") or "(none)")
        if call.operation == "CreateBasePathMapping":
            self.led_to[key] = call.params["restApiId"]
        else:
            self.led_to.pop(key, None)


LAWS: tuple[type[Law], ...] = (
    CertificateMustServe,
    DomainTakesMinutes,
    MappingNeedsAMoment,
    MappingsHoldApis,
)
