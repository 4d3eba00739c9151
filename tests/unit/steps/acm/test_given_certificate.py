"""A certificate that the user names: whether it serves a domain, and whose its record is."""

from __future__ import annotations

from typing import Any

import pytest
from moto.acm.models import acm_backends

from provision.errors import ApiError
from provision.model.step import OWNER
from provision.steps.acm.certificate import _showing
from provision.steps.acm.reading import check_serves, owner_of_certificate
from tests.support.harness import REGION, new_aws

NAME = "api.example.com"


def request(*names: str, **asked: Any) -> str:
    first, *others = names
    more: Any = {"SubjectAlternativeNames": others} if others else {}
    made = new_aws().acm.request_certificate(
        DomainName=first, ValidationMethod="DNS", IdempotencyToken="a", **more, **asked
    )
    return made["CertificateArn"]


def be(arn: str, status: str) -> None:
    acm_backends["123456789012"][REGION]._certificates[arn].status = status


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "names",
    [(NAME,), ("*.example.com",), ("example.com", NAME), ("API.Example.com",)],
)
def test_it_serves_its_names_and_one_label_for_a_wildcard(names: tuple[str, ...]) -> None:
    check_serves(new_aws(), request(*names), NAME)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("names", [("example.com",), ("*.api.example.com", "*.com")])
def test_one_for_other_names_is_refused_with_all_of_them(names: tuple[str, ...]) -> None:
    arn = request(*names)
    with pytest.raises(ApiError) as refused:
        check_serves(new_aws(), arn, NAME)
    listed = ", ".join(sorted(names))
    assert refused.value.message == f"the certificate {arn} is for {listed}, not for {NAME}"
    hint = "name another in api.domain.certificate, or null to have one requested"
    assert refused.value.hint == hint


@pytest.mark.usefixtures("account")
def test_one_that_is_missing_or_dead_is_refused() -> None:
    arn = request(NAME)
    be(arn, "EXPIRED")
    with pytest.raises(ApiError) as refused:
        check_serves(new_aws(), arn, NAME)
    assert refused.value.message == (
        f"AWS will not issue the certificate for {NAME}: EXPIRED (no reason given)"
    )
    gone = f"{arn[:-1]}x"
    with pytest.raises(ApiError) as refused:
        check_serves(new_aws(), gone, NAME)
    assert refused.value.message == f"there is no certificate {gone} in this region"


@pytest.mark.usefixtures("account")
def test_its_owner_counts_only_for_its_own_record() -> None:
    tags: Any = [{"Key": OWNER, "Value": "tap-dev/it"}]
    arn = request(NAME, Tags=tags)
    aws = new_aws()
    (option,) = aws.acm.describe_certificate(CertificateArn=arn)["Certificate"][
        "DomainValidationOptions"
    ]
    record = option["ResourceRecord"]["Name"].rstrip(".").lower()
    assert owner_of_certificate(aws, arn, record) == "tap-dev/it"
    assert owner_of_certificate(aws, arn, f"_other.{NAME}") == ""
    assert owner_of_certificate(aws, f"{arn[:-1]}x", record) == ""


def test_a_private_domain_is_shown_by_its_id_as_well() -> None:
    shown = f"aws apigateway get-domain-name --domain-name {NAME}"
    assert _showing({"domainName": NAME}) == shown
    private = {"domainName": NAME, "domainNameId": "abc"}
    assert _showing(private) == f"{shown} --domain-name-id abc"  # type: ignore[arg-type]
