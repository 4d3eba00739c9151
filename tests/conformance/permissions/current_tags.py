"""The present tags of existing resources, read from moto for the conditions of policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.acm.models import acm_backends
from moto.apigateway.models import apigateway_backends
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.awslambda.models import lambda_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends
from moto.wafv2.models import wafv2_backends

ACCOUNT, REGION = "123456789012", "us-east-1"
Tags = Mapping[str, str]


def ec2(name: str) -> Tags:
    return dict(ec2_backends[ACCOUNT][REGION].tags.get(name, {}))


def vpc_of(name: str) -> str:
    """Return the VPC of a security group."""
    for vpc, groups in ec2_backends[ACCOUNT][REGION].groups.items():
        if name in groups:
            return str(vpc)
    return ""


def association(name: str) -> Iterator[str]:
    """Yield the route table and the subnet of an association."""
    for table in ec2_backends[ACCOUNT][REGION].route_tables.values():
        if name in table._associations:
            yield table.id
            yield table._associations[name]


def boundary(role: str) -> str:
    for found in iam_backends[ACCOUNT]["aws"].roles.values():
        if found.name == role:
            return found.permissions_boundary_arn or ""
    return ""


def log_group(name: str) -> Tags:
    backend: Any = logs_backends[ACCOUNT][REGION]
    group = backend.groups.get(name)
    return dict(backend.list_tags_for_resource(group.arn)) if group else {}


def alarm(arn: str) -> Tags:
    found: Tags = cloudwatch_backends[ACCOUNT][REGION].list_tags_for_resource(arn)
    return dict(found)


def certificate(arn: str) -> Tags:
    bundles: Any = acm_backends[ACCOUNT][REGION]._certificates
    return dict(bundles[arn].tags) if arn in bundles else {}


def web_acl(arn: str) -> Tags:
    found = wafv2_backends[ACCOUNT][REGION].tagging_service.get_tag_dict_for_resource(arn)
    return dict(found)


def gateway(path: str) -> Tags:
    """Return the tags of the nearest parent that has any, because children inherit them."""
    backend: Any = apigateway_backends[ACCOUNT][REGION]
    match path.strip("/").split("/"):
        case ["restapis", api, "stages", stage, *_] if stage in _stages(backend, api):
            return {**_of(backend.apis, api), **(_stages(backend, api)[stage].tags or {})}
        case ["restapis", api, *_]:
            return _of(backend.apis, api)
        case ["usageplans", plan, *_]:
            return _of(backend.usage_plans, plan)
        case ["apikeys", key, *_]:
            return _of(backend.keys, key)
        case ["domainnames", domain, *_]:
            return _of(backend.domain_names, domain)
    return {}


def _stages(backend: Any, api: str) -> Mapping[str, Any]:
    return backend.apis[api].stages if api in backend.apis else {}


def _of(found: Mapping[str, Any], name: str) -> Tags:
    return dict(found[name].tags or {}) if name in found else {}


def scaling_target(params: Mapping[str, Any]) -> Tags:
    """Return the target's tags, found by its ARN or by its resource."""
    targets = [
        target
        for by_resource in applicationautoscaling_backends[ACCOUNT][REGION].targets.values()
        for target in by_resource.values()
    ]
    for target in targets:
        place = (target.resource_id, target.scalable_dimension)
        if params.get("ResourceARN", target.arn) == target.arn and place == (
            params.get("ResourceId", place[0]),
            params.get("ScalableDimension", place[1]),
        ):
            return dict(vars(target).get("tags", {}))
    return {}


def aliases(name: str) -> tuple[str, ...]:
    """Return the aliases of a key, by its id."""
    backend: Any = kms_backends[ACCOUNT][REGION]
    return tuple(sorted(backend.keys[name].aliases)) if name in backend.keys else ()


def key_of_queue(name: str) -> str:
    """Return the KMS key of a queue, "" without one."""
    queue: Any = sqs_backends[ACCOUNT][REGION].queues.get(name)
    return str(queue.kms_master_key_id or "") if queue else ""


def key_of_function(name: str) -> str:
    """Return the customer's key that encrypts the function's variables, if there is one."""
    versions: Any = lambda_backends[ACCOUNT][REGION]._lambdas._functions.get(name)
    return str(versions["latest"].settings.get("KMSKeyArn", "")) if versions else ""


def key(name: str) -> tuple[str, Tags]:
    """Return the id for an id, ARN or alias, and its tags."""
    backend: Any = kms_backends[ACCOUNT][REGION]
    if ":" not in name and name.startswith("alias/") and not backend.alias_exists(name):
        return "none", {}
    found = backend.any_id_to_key_id(name)
    return found, dict(backend.tagger.get_tag_dict_for_resource(found))
