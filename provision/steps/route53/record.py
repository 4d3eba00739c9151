"""One DNS record in a public hosted zone that no stack manages."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, Self

from provision.aws.client import Aws
from provision.errors import NoLongerOurs, NotOwned
from provision.model import iam
from provision.model.capabilities import (
    CheckedBeforeDeletion,
    HasParent,
    HasPrerequisites,
    MayOutliveStack,
    ReportsProblems,
)
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Fixed, Local, OwnerMark, Replacement
from provision.steps.acm.reading import owner_of_proof
from provision.steps.apigateway.owners import owner_of_domain
from provision.steps.route53.hosted_zones import (
    canonical,
    demand_seen,
    public_zones,
    spelled,
    the_zone,
    zone_is_there,
)
from provision.unknown import in_words, is_known

if TYPE_CHECKING:
    from mypy_boto3_route53.literals import ChangeActionType
    from mypy_boto3_route53.type_defs import (
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetUnionTypeDef,
    )

IN_SYNC_BUDGET: Final = 1800
_SIX: Final = "AAAA"
_OTHER_NAME: Final = "CNAME"
VALIDATION_SUFFIX: Final = ".acm-validations.aws"
_ZONES: Final = iam.arn("route53", "hostedzone/*", region=False, account=False)
_CHANGES: Final = iam.arn("route53", "change/*", region=False, account=False)
_CHANGE: Final = "route53:ChangeResourceRecordSets"
_ONLY_THIS: Final = (
    iam.Condition("ForAllValues:StringLike", f"{_CHANGE}NormalizedRecordNames", "{name}"),
    iam.Condition("ForAllValues:StringNotLike", f"{_CHANGE}NormalizedRecordNames", "{deeper}"),
    iam.Condition("ForAllValues:StringEquals", f"{_CHANGE}RecordTypes", "{type}"),
)
"""https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html"""
_SPREADING: Final = Risk(Impact.SLOW, "until all of Route 53 knows it", 60)  # (R4)
_WRITTEN: Final = ("values", "alias_target", "alias_zone", "ttl")


@dataclass(frozen=True, kw_only=True)
class RecordSet(
    HasParent, CheckedBeforeDeletion, HasPrerequisites, MayOutliveStack, ReportsProblems
):
    """A record of `values` (sorted) with a `ttl`, or an alias of `alias_target` in `alias_zone`.

    `alias_zone` is a zone of AWS's. Records have no tags: one is ours if it has the wanted content,
    or the content that we last wrote and still leads to a resource of ours. `zone` is the zone's
    name, or its id if several have that name (R7). The record stays in `zone_id`, where it was
    found, even if other zones get the name. Names and targets may be in any case, with or without a
    last dot (R5).
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    """

    KIND = "route53.record"
    IDENTITY = ("name", "type")
    REPLACEMENT = Replacement.CREATE_FIRST
    OWNER_MARK = OwnerMark.BY_CONTENT
    RISKS = Risks(create=(_SPREADING,), update=dict.fromkeys(_WRITTEN, (_SPREADING,)))
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("route53", iam.ANY_RESOURCE, "ListHostedZonesByName"),
            *iam.calls("route53", _ZONES, "GetHostedZone", "ListResourceRecordSets"),
        ),
        write=(
            *iam.calls("route53", _ZONES, "ChangeResourceRecordSets", when=_ONLY_THIS),
            *iam.calls("route53", _CHANGES, "GetChange"),
        ),
        # A validation record is kept (decision 26); a stack has no other record with values.
        delete=(
            iam.call(
                "route53.ChangeResourceRecordSets",
                iam.Permission(_CHANGE, (_ZONES,), _ONLY_THIS, if_set="alias_target"),
            ),
        ),
    )

    zone: str
    name: Fixed[str]
    type: Fixed[Literal["A", "AAAA", "CNAME", "TXT"]]
    values: tuple[str, ...] = ()
    alias_target: str | None = None
    alias_zone: str | None = None
    ttl: int | None = None
    beside: Local[str] = ""
    """The type of a foreign record that answers under the same name."""
    zone_id: Computed[str] = ""

    def reported_problem(self) -> str:
        return f"{self.beside} {self.name} leads its callers elsewhere" if self.beside else ""

    def called(self) -> str:
        return f"{self.type} {self.name}"

    def policy_variables(self) -> Mapping[str, object]:
        """Return the fields; the name as IAM compares it: in lower case, without a last dot."""
        name = canonical(self.name)  # IAM's `?` matches a dot too: `deeper` excludes these names
        below = name.partition(".")[2]
        return {**vars(self), "name": name, "deeper": f"*.*.{below}" if "?" in name else ""}

    def is_owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (a record carries no mark)
        ours = (self.values, self.alias_target, self.alias_zone)
        return (have.values, have.alias_target, have.alias_zone) == ours

    def retention_reason(self) -> str:
        """Return why a validation record is kept, and the command that deletes it.

        ACM derives it from the domain and the account alone: all certificates with the domain among
        their names share it, in every region, and need it for each renewal.
        https://aws.amazon.com/certificate-manager/faqs/
        """
        if not self._is_proof():
            return ""
        change = {"Action": "DELETE", "ResourceRecordSet": self._record_set()}
        batch = shlex.quote(json.dumps({"Changes": [change]}))
        return (
            "other certificates of the domain may need it to renew, in any region; when none does,"
            " this deletes it: aws route53 change-resource-record-sets --hosted-zone-id"
            f" {self.zone_id} --change-batch {batch}"
        )

    def _is_proof(self) -> bool:
        values = [canonical(value) for value in self.values if is_known(value)]
        return any(value.endswith(VALIDATION_SUFFIX) for value in values)

    def parent_owner(self, aws: Aws) -> str | None:
        """Return the owner tag of the certificate or domain name that it serves; "" for others.

        A domain name is unique in a region across accounts, so an alias to any of API Gateway's
        names there leads to this domain name.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
        """
        if self._is_proof():
            return owner_of_proof(aws, canonical(self.name))
        gateway = (
            rf"[a-z0-9-]+\.execute-api\.{re.escape(aws.location.region)}\.amazonaws\.com(\.cn)?"
        )
        if re.fullmatch(gateway, canonical(self.alias_target or "")):
            return owner_of_domain(aws, canonical(self.name))
        return ""

    def observe(self, aws: Aws) -> Self | None:
        """Return the record with the wanted content from all zones of the name, else any record."""
        seen = [
            self._from_aws(shown, zone_id)
            for zone_id in self._places(aws)
            if self.type in (shown := self._at_name(aws, zone_id))
        ]
        ours = (one for one in seen if self.is_owned_by(one, ""))
        return next(ours, seen[0] if seen else None)

    def _from_aws(self, shown: Mapping[str, ResourceRecordSetOutputTypeDef], zone_id: str) -> Self:
        found, beside = shown[self.type], _SIX if self._is_six_beside(shown) else ""
        none = replace(self, values=(), alias_target=None, alias_zone=None, ttl=None)
        bare = replace(none, beside=beside, zone_id=zone_id)
        if "SetIdentifier" in found:  # part of a set, such as a weighted one: not ours
            return bare
        if alias := found.get("AliasTarget"):
            return replace(
                bare,
                alias_target=spelled(self.alias_target, alias["DNSName"]),
                alias_zone=alias["HostedZoneId"],
            )
        return replace(bare, values=self._values(found), ttl=found.get("TTL"))

    def create(self, aws: Aws) -> Self:
        # CREATE, unlike UPSERT, does not overwrite a record that exists by now (R2).
        zone_id = the_zone(aws, self.zone, self.name).id
        self._change(aws, zone_id, "CREATE", self._record_set())
        return replace(self, zone_id=zone_id)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        moved = "zone" in changed
        zone_id = the_zone(aws, self.zone, self.name).id if moved else have.zone_id
        if zone_id != have.zone_id:
            there = self._listed(aws, zone_id)  # created by a call whose answer was lost (X1)
            ours = there is not None and self._says_this(there)
            self._change(aws, zone_id, "UPSERT" if ours else "CREATE", self._record_set())
            if not have.retention_reason():
                have.delete(aws)
        elif set(changed) - {"zone"}:  # UPSERT writes the whole record
            self._change(aws, zone_id, "UPSERT", self._record_set())
        return replace(self, zone_id=zone_id)

    def delete(self, aws: Aws) -> None:
        have = self.observe(aws)
        found = self._listed(aws, have.zone_id) if have else None
        if have is None or found is None or "SetIdentifier" in found:
            return
        if not self._says_this(found):
            raise NoLongerOurs(self.label)
        try:
            self._change(aws, have.zone_id, "DELETE", found)  # must equal the listed record (R3)
        except aws.route53.exceptions.InvalidChangeBatch:
            left = self._listed(aws, have.zone_id)
            if left and not self._says_this(left):
                raise NoLongerOurs(self.label) from None
            if left:
                raise

    def _says_this(self, found: ResourceRecordSetOutputTypeDef) -> bool:
        return self.is_owned_by(self._from_aws({self.type: found}, self.zone_id), "")

    def check_prerequisites(self, aws: Aws) -> None:
        zone = the_zone(aws, self.zone, in_words(self.name))
        if not is_known(self.name):  # ACM names a validation record after the certificate (C2)
            return
        shown = self._at_name(aws, zone.id)
        beside = ""
        if self._is_six_beside(shown):
            beside = (
                f"{_SIX} {self.name} does not belong to this stack: IPv6 callers would go there"
            )
        if _OTHER_NAME in shown and self.type != _OTHER_NAME:
            # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
            leads = ", ".join(self._leads_to(shown[_OTHER_NAME]))
            beside = (
                f"{_OTHER_NAME} {self.name} exists, does not belong to this stack, and leads to"
                f" {leads}: Route 53 allows no {self.type} next to it"
            )
        if beside:
            raise NotOwned(beside, hint="delete that record, or choose another `api.domain.name`")
        demand_seen(aws, zone, self.name, shown)

    def _leads_to(self, found: ResourceRecordSetOutputTypeDef) -> Sequence[str]:
        alias = found.get("AliasTarget")
        values = [each["Value"] for each in found.get("ResourceRecords", [])]
        return [canonical(alias["DNSName"])] if alias else list(map(canonical, values))

    def _is_six_beside(self, shown: Mapping[str, ResourceRecordSetOutputTypeDef]) -> bool:
        return self.type == "A" and _SIX in shown

    def _places(self, aws: Aws) -> Sequence[str]:
        """Return the zones to search: the recorded one, or all of the name if that is deleted."""
        recorded = self.zone_id if is_known(self.zone_id) else ""
        if recorded and zone_is_there(aws, recorded):
            return (recorded,)
        return public_zones(aws, self.zone)

    def _change(
        self,
        aws: Aws,
        zone_id: str,
        action: ChangeActionType,
        record_set: ResourceRecordSetUnionTypeDef,
    ) -> None:
        change = aws.route53.change_resource_record_sets(
            HostedZoneId=zone_id,
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record_set}]},
        )["ChangeInfo"]
        if action == "DELETE" or change["Status"] == "INSYNC":
            return

        def in_sync() -> bool | None:
            info = aws.route53.get_change(Id=change["Id"])["ChangeInfo"]
            return True if info["Status"] == "INSYNC" else None

        # Usually in sync within a minute (R4); the whole API takes five requests a second (R6).
        what = f"{self.name} to reach all of Route 53's servers"
        aws.wait(what, in_sync, budget=IN_SYNC_BUDGET, first=2)

    def _record_set(self) -> ResourceRecordSetUnionTypeDef:
        name = canonical(self.name) + "."
        if self.alias_target is not None and self.alias_zone is not None:
            return {
                "Name": name,
                "Type": self.type,
                "AliasTarget": {
                    "HostedZoneId": self.alias_zone,
                    "DNSName": canonical(self.alias_target) + ".",
                    "EvaluateTargetHealth": False,
                },
            }
        assert self.ttl is not None
        return {
            "Name": name,
            "Type": self.type,
            "TTL": self.ttl,
            "ResourceRecords": [{"Value": value} for value in self.values],
        }

    def _listed(self, aws: Aws, zone_id: str) -> ResourceRecordSetOutputTypeDef | None:
        return self._at_name(aws, zone_id).get(self.type)

    def _at_name(self, aws: Aws, zone_id: str) -> dict[str, ResourceRecordSetOutputTypeDef]:
        """Return type → record: this one, and those of its name that follow in AWS's order."""
        answer = aws.route53.list_resource_record_sets(
            HostedZoneId=zone_id,
            StartRecordName=canonical(self.name) + ".",
            StartRecordType=self.type,
            MaxItems="20",  # A is first in the order; a weighted set has several of one type
        )
        listed, name = answer["ResourceRecordSets"], canonical(self.name)
        return {found["Type"]: found for found in listed if canonical(found["Name"]) == name}

    def _values(self, found: ResourceRecordSetOutputTypeDef) -> tuple[str, ...]:
        values = [record["Value"] for record in found.get("ResourceRecords", [])]
        if self.type != "CNAME":
            return tuple(sorted(values))
        spellings = {canonical(value): value for value in self.values if is_known(value)}
        return tuple(sorted(spellings.get(canonical(value), value) for value in values))
