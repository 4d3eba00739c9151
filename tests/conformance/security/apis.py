"""Controls about the API, its domain and its certificate, as AWS shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provision.aws.client import Aws

EVERY = "*/*"

OLD_TLS = "TLS_1_0"


def apis(aws: Aws) -> list[Any]:
    return list(aws.apigateway.get_rest_apis()["items"])


def stages(aws: Aws) -> list[tuple[str, Any]]:
    return [
        (api["id"], stage)
        for api in apis(aws)
        for stage in aws.apigateway.get_stages(restApiId=api["id"])["item"]
    ]


def without_execution_log(aws: Aws) -> Iterator[str]:
    for _, stage in stages(aws):
        if stage["methodSettings"].get(EVERY, {}).get("loggingLevel", "OFF") == "OFF":
            yield stage["stageName"]


def switch_logging_off(aws: Aws) -> None:
    _patch(aws, f"/{EVERY}/logging/loglevel", "OFF")


def without_tracing(aws: Aws) -> Iterator[str]:
    yield from (stage["stageName"] for _, stage in stages(aws) if not stage["tracingEnabled"])


def switch_tracing_off(aws: Aws) -> None:
    _patch(aws, "/tracingEnabled", "false")


def with_open_cache(aws: Aws) -> Iterator[str]:
    for _, stage in stages(aws):
        for settings in stage["methodSettings"].values():
            if settings.get("cachingEnabled") and not settings.get("cacheDataEncrypted"):
                yield stage["stageName"]


def cache_in_the_clear(aws: Aws) -> None:
    _patch(aws, f"/{EVERY}/caching/enabled", "true")
    _patch(aws, f"/{EVERY}/caching/dataEncrypted", "false")


def without_access_log(aws: Aws) -> Iterator[str]:
    for _, stage in stages(aws):
        if not stage.get("accessLogSettings", {}).get("destinationArn"):
            yield stage["stageName"]


def switch_access_log_off(aws: Aws) -> None:
    api, stage = stages(aws)[0]
    aws.apigateway.update_stage(
        restApiId=api,
        stageName=stage["stageName"],
        patchOperations=[{"op": "remove", "path": "/accessLogSettings"}],
    )


def with_old_tls(aws: Aws) -> Iterator[str]:
    """Yield APIs and domains with old TLS; the API's own policy counts under the domain too."""
    for api in apis(aws):
        if api.get("securityPolicy", OLD_TLS) == OLD_TLS:
            yield api["name"]
    for domain in aws.apigateway.get_domain_names()["items"]:
        if domain["securityPolicy"] == OLD_TLS:
            yield domain["domainName"]


def take_old_tls(aws: Aws) -> None:
    aws.apigateway.update_rest_api(
        restApiId=apis(aws)[0]["id"],
        patchOperations=[{"op": "replace", "path": "/securityPolicy", "value": OLD_TLS}],
    )


def with_a_second_door(aws: Aws) -> Iterator[str]:
    yield from (api["name"] for api in apis(aws) if not api.get("disableExecuteApiEndpoint"))


def open_a_second_door(aws: Aws) -> None:
    aws.apigateway.update_rest_api(
        restApiId=apis(aws)[0]["id"],
        patchOperations=[{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "false"}],
    )


def without_acl(aws: Aws) -> Iterator[str]:
    for arn in _stage_arns(aws):
        if not aws.wafv2.get_web_acl_for_resource(ResourceArn=arn).get("WebACL"):
            yield arn


def take_the_acl_away(aws: Aws) -> None:
    aws.wafv2.disassociate_web_acl(ResourceArn=_stage_arns(aws)[0])


def _acls(aws: Aws) -> list[Any]:
    return [
        aws.wafv2.get_web_acl(Name=acl["Name"], Scope="REGIONAL", Id=acl["Id"])
        for acl in aws.wafv2.list_web_acls(Scope="REGIONAL")["WebACLs"]
    ]


def without_rules(aws: Aws) -> Iterator[str]:
    yield from (acl["WebACL"]["Name"] for acl in _acls(aws) if not acl["WebACL"]["Rules"])


def unmeasured_rules(aws: Aws) -> Iterator[str]:
    for acl in _acls(aws):
        for each in (acl["WebACL"], *acl["WebACL"]["Rules"]):
            if not each["VisibilityConfig"]["CloudWatchMetricsEnabled"]:
                yield each["Name"]


def take_rules_away(aws: Aws) -> None:
    _rewrite_acls(aws, [], {})


def stop_measuring(aws: Aws) -> None:
    _rewrite_acls(aws, None, {"CloudWatchMetricsEnabled": False})


def _rewrite_acls(aws: Aws, rules: list[Any] | None, shown: dict[str, bool]) -> None:
    for acl in _acls(aws):
        found = acl["WebACL"]
        visible: Any = {**found["VisibilityConfig"], **shown}
        aws.wafv2.update_web_acl(
            Name=found["Name"],
            Scope="REGIONAL",
            Id=found["Id"],
            LockToken=acl["LockToken"],
            DefaultAction={"Allow": {}},
            Rules=found["Rules"] if rules is None else rules,
            VisibilityConfig=visible,
        )


def _stage_arns(aws: Aws) -> list[str]:
    place = "/restapis/{}/stages/{}"
    return [
        aws.location.arn("apigateway", place.format(api, stage["stageName"]), account=False)
        for api, stage in stages(aws)
    ]


def _patch(aws: Aws, path: str, value: str) -> None:
    api, stage = stages(aws)[0]
    aws.apigateway.update_stage(
        restApiId=api,
        stageName=stage["stageName"],
        patchOperations=[{"op": "replace", "path": path, "value": value}],
    )
