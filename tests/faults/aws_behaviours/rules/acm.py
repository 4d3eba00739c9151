"""Laws of ACM that the emulator lacks: remembered tokens, validation, and slow release."""

from __future__ import annotations

import re
from typing import Any

from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

HOUR = 3600.0
TOKEN = re.compile(r"\w{1,32}")


class TokensAreRemembered(Law):
    """For an hour, a token returns the first certificate requested with it, even if deleted."""

    ROW = "C1"
    SERVICE = "acm"
    OPERATIONS = frozenset({"RequestCertificate"})

    def __init__(self) -> None:
        self.made: dict[str, tuple[float, str]] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        token = call.params.get("IdempotencyToken")
        if token is None:
            return None
        if not TOKEN.fullmatch(token):
            return Refusal(
                "ValidationException",
                "1 validation error detected: Value at 'idempotencyToken' failed to satisfy"
                r" constraint: Member must satisfy regular expression pattern: \w+",
            )
        at, arn = self.made.get(token, (0.0, ""))
        return {"CertificateArn": arn} if arn and world.now() < at + HOUR else None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if token := call.params.get("IdempotencyToken"):
            self.made[token] = (world.now(), answer["CertificateArn"])
        return None


class RecordComesLate(Law):
    """A certificate just requested is not found, and then has no validation record yet."""

    ROW = "C2"
    SERVICE = "acm"
    OPERATIONS = frozenset({"RequestCertificate", "DescribeCertificate", "ListTagsForCertificate"})

    def __init__(self) -> None:
        self.visible: dict[str, float] = {}
        self.recorded: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        arn = call.params.get("CertificateArn", "")
        if world.now() < self.visible.get(arn, 0):
            return Refusal("ResourceNotFoundException", f"Could not find certificate {arn}")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "RequestCertificate":
            arn = answer["CertificateArn"]
            self.visible[arn] = world.now() + world.delay(1, 6)
            self.recorded[arn] = self.visible[arn] + world.delay(1, 30)
        elif world.now() < self.recorded.get(call.params["CertificateArn"], 0):
            for option in answer.get("Certificate", {}).get("DomainValidationOptions", []):
                option.pop("ResourceRecord", None)
        return None


class IssuedWhenProved(Law):
    """It is issued up to half an hour after its validation record was written, and never before."""

    ROW = "C3"
    SERVICE = "acm"

    def __init__(self) -> None:
        self.requested: dict[str, tuple[str, float, float]] = {}
        self.proved: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        return call.service == "acm" or call.operation == "ChangeResourceRecordSets"

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        match call.operation:
            case "RequestCertificate":
                asked = (call.params["DomainName"], world.now(), world.delay(60, 1800))
                self.requested[answer["CertificateArn"]] = asked
            case "DescribeCertificate":
                self._show(answer["Certificate"], world)
            case "ListCertificates":
                for summary in answer["CertificateSummaryList"]:
                    self._show(summary, world)
            case "ChangeResourceRecordSets":
                self._prove(call, world)
        return None

    def _show(self, certificate: dict[str, Any], world: World) -> None:
        if certificate["CertificateArn"] not in self.requested:
            return
        domain, asked, takes = self.requested[certificate["CertificateArn"]]
        issued = max(asked, self.proved.get(domain, float("inf"))) + takes
        certificate["Status"] = "ISSUED" if world.now() >= issued else "PENDING_VALIDATION"

    def _prove(self, call: Call, world: World) -> None:
        for change in call.params["ChangeBatch"]["Changes"]:
            written = change["ResourceRecordSet"]
            if written["Type"] == "CNAME" and change["Action"] != "DELETE":
                domain = written["Name"].rstrip(".").partition(".")[2]
                self.proved.setdefault(domain, world.now())


class InUseLingers(Law):
    """A domain releases its certificate only minutes after its deletion."""

    ROW = "C5"
    SERVICE = "acm"
    DOMAINS = frozenset({"CreateDomainName", "UpdateDomainName", "DeleteDomainName"})

    def __init__(self) -> None:
        self.used: dict[str, str] = {}
        self.until: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        return call.operation in self.DOMAINS or call.operation == "DeleteCertificate"

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation != "DeleteCertificate":
            return None
        arn = call.params["CertificateArn"]
        if arn in self.used.values() or world.now() < self.until.get(arn, 0):
            return Refusal("ResourceInUseException", f"Certificate {arn} is in use.")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        match call.operation:
            case "CreateDomainName":
                self._use(call, call.params["regionalCertificateArn"], world)
            case "UpdateDomainName":
                for patch in call.params["patchOperations"]:
                    if patch["path"] == "/regionalCertificateArn":
                        self._use(call, patch["value"], world)
            case "DeleteDomainName":
                self._use(call, "", world)
        return None

    def _use(self, call: Call, arn: str, world: World) -> None:
        before = self.used.pop(call.params["domainName"], None)
        if before is not None:
            self.until[before] = world.now() + world.delay(30, 1100)
        if arn:
            self.used[call.params["domainName"]] = arn


LAWS: tuple[type[Law], ...] = (TokensAreRemembered, RecordComesLate, IssuedWhenProved, InUseLingers)
