"""Adds the REST API: routes, stage, keys, usage plan, logs; web ACL and domain if configured."""

from __future__ import annotations

import json
from collections.abc import Mapping

from provision.config.schema.api import Api
from provision.model.stack import Node, Stack
from provision.stack.authorizers import alias_arn, auth_of, authorizers_of, is_authorizer_alone
from provision.stack.domain import add_domain
from provision.stack.encryption import EncryptionKey
from provision.stack.functions import FunctionNodes
from provision.stack.inputs import StackInputs
from provision.stack.waf import add_waf
from provision.steps.apigateway.account import ApiAccount
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.deployment import Deployment
from provision.steps.apigateway.method_settings import MethodSettings
from provision.steps.apigateway.rest_api.api import Cors, RestApi, Route
from provision.steps.apigateway.stage import Stage
from provision.steps.apigateway.tls import access_mode
from provision.steps.apigateway.usage_plan import Quota, UsagePlan
from provision.steps.lambda_.permission import Permission
from provision.steps.logs.log_group import LogGroup
from provision.unknown import format_known, sort_known

ACCOUNT_ROLE = "provision-api-gateway-logs"
"""The name of the role that all stacks of the account share and none of them owns (A20)."""

ACCESS_FORMAT = json.dumps(
    {
        "request_id": "$context.extendedRequestId",
        "function_request_id": "$context.integration.requestId",
        "time": "$context.requestTime",
        "ip": "$context.identity.sourceIp",
        "api_key_id": "$context.identity.apiKeyId",
        "method": "$context.httpMethod",
        "route": "$context.resourcePath",
        "status": "$context.status",
        "error": "$context.error.responseType",
        "response_bytes": "$context.responseLength",
        "latency_ms": "$context.responseLatency",
        "integration_latency_ms": "$context.integrationLatency",
    }
)
"""The format of the access log: one JSON object a request, of AWS's own values only.

API Gateway replaces variables by text as it is: a quote in a caller's text would end a field and
begin others. So no variable has text that a caller chooses: not the path, the user agent, the
trace, the request id that callers may choose, nor the validator's message about a body. The
function logs the first two, escaped, under the same request id; the execution log has the last
(A43).
"""


def add_api(
    stack: Stack,
    inputs: StackInputs,
    functions: Mapping[str, FunctionNodes],
    encryption: EncryptionKey,
) -> None:
    wanted = inputs.config.api
    api = stack.add("api", lambda _: _rest_api(inputs))
    # Traffic moves to a deployment only when the aliases it calls exist and may be called.
    ready = [_add_permission(stack, inputs, api, key, nodes) for key, nodes in functions.items()]
    stage = _add_stage(stack, inputs, api, ready, encryption)
    _add_plan(stack, inputs, stage)
    add_waf(stack, inputs, stage)
    if wanted.domain:
        add_domain(stack, inputs, stage)


def _add_plan(stack: Stack, inputs: StackInputs, stage: Node[Stage]) -> None:
    wanted = inputs.config.api
    keys = [_add_key(stack, inputs, key) for key in wanted.keys]
    stack.add(
        "api.plan",
        lambda get: UsagePlan(
            name=inputs.config.prefix,
            rate=float(wanted.throttle.rate),
            burst=wanted.throttle.burst,
            quota=Quota(limit=wanted.quota.limit, period=wanted.quota.period)
            if wanted.quota
            else None,
            stages=(format_known("{}:{}", get(stage).api_id, get(stage).name),),
            keys=sort_known(key_id for key in keys for key_id in get(key).ids),
            tags=inputs.tags,
        ),
        needs=[stage, *keys],
    )


def _add_key(stack: Stack, inputs: StackInputs, key: str) -> Node[ApiKey]:
    return stack.add(
        f"api.key.{key}",
        lambda _: ApiKey(
            name=inputs.name(key),
            description=f"{key} key of {inputs.config.prefix}",
            plan=inputs.config.prefix,
            tags=inputs.tags,
        ),
    )


def _rest_api(inputs: StackInputs) -> RestApi:
    wanted = inputs.config.api
    return RestApi(
        name=inputs.config.prefix,
        description=f"The API of {inputs.config.prefix}",
        # One way in: protection in front of the custom domain must not be bypassed.
        default_endpoint=wanted.domain is None,
        security_policy=wanted.tls,
        access_mode=access_mode(wanted.tls),
        routes=tuple(
            sorted(
                (
                    Route(
                        method=route.method,
                        path=route.path,
                        target=alias_arn(inputs, route.function),
                        api_key=route.key,
                        body=route.body,
                        query=tuple(sorted(route.query)),
                        auth=auth_of(wanted, route.auth),
                        scopes=tuple(sorted(route.scopes)),
                    )
                    for route in wanted.route_list
                ),
                key=lambda route: (route.path, route.method),
            )
        ),
        cors=Cors(
            origin=wanted.cors.origins[0],
            headers=tuple(wanted.cors.headers),
            max_age=wanted.cors.max_age,
            expose=tuple(wanted.cors.expose),
            others=tuple(wanted.cors.origins[1:]),
            credentials=wanted.cors.credentials,
        )
        if wanted.cors
        else None,
        models=dict(wanted.models),
        binary=tuple(sorted(wanted.binary)),
        authorizers=authorizers_of(inputs),
        tags=inputs.tags,
    )


def _add_permission(
    stack: Stack, inputs: StackInputs, api: Node[RestApi], key: str, nodes: FunctionNodes
) -> Node[Permission]:
    # The statement must be on the alias; one covers the whole API with all its routes (L18), and
    # with its authorizers. A function that is only an authorizer is called for those alone.
    called = "{}/authorizers/*" if is_authorizer_alone(inputs.config.api, key) else "{}/*"
    return stack.add(
        f"function.{key}.permission",
        lambda get: Permission(
            function=get(nodes.alias).function,
            qualifier=get(nodes.alias).name,
            statement="api",
            principal="apigateway.amazonaws.com",
            source=format_known(inputs.location.arn("execute-api", called), get(api).id),
        ),
        needs=[nodes.alias, api],
        key=f"function.{key}",
    )


def _add_stage(
    stack: Stack,
    inputs: StackInputs,
    api: Node[RestApi],
    ready: list[Node[Permission]],
    encryption: EncryptionKey,
) -> Node[Stage]:
    wanted = inputs.config.api
    account = stack.add(
        "api.account", lambda _: ApiAccount(role_name=ACCOUNT_ROLE, boundary=inputs.config.boundary)
    )
    access, execution = _add_logs(stack, inputs, api, encryption)
    deployment = stack.add(
        "api.deployment",
        lambda get: Deployment(
            api_id=get(api).id, digest=get(api).release(), served=get(api).served()
        ),
        needs=[api],
    )
    return stack.add(
        "api.stage",
        lambda get: Stage(
            api_id=get(deployment).api_id,
            name=wanted.stage,
            deployment_id=get(deployment).id,
            tracing=True,
            access_log=get(access).arn,
            access_format=ACCESS_FORMAT,
            log_level=wanted.log.level,
            rate=float(wanted.throttle.rate),
            burst=wanted.throttle.burst,
            methods=_methods(inputs.config.api),
            tags=inputs.tags,
        ),
        needs=[deployment, access],
        after=[execution, account, *ready],
    )


def _methods(wanted: Api) -> tuple[MethodSettings, ...]:
    """Return the settings of the routes with a limit of their own, which must repeat the others."""
    limited = (
        MethodSettings(
            method=route.method,
            path=route.path,
            rate=float(route.throttle.rate),
            burst=route.throttle.burst,
            log_level=wanted.log.level,
        )
        for route in wanted.route_list
        if route.throttle
    )
    return tuple(sorted(limited, key=lambda one: (one.path, one.method)))


def _add_logs(
    stack: Stack, inputs: StackInputs, api: Node[RestApi], encryption: EncryptionKey
) -> tuple[Node[LogGroup], Node[LogGroup]]:
    """Add the groups of access log and execution log, created before what writes to them."""
    wanted = inputs.config.api
    access = stack.add(
        "api.logs.access",
        lambda get: LogGroup(
            name=f"/aws/apigateway/{inputs.config.prefix}",
            retention=wanted.log.retention,
            key=encryption.arn(get),
            tags=inputs.tags,
        ),
        needs=encryption.needs,
    )
    # API Gateway would create it itself, without retention; deleted after the stage (A35).
    execution = stack.add(
        "api.logs.execution",
        lambda get: LogGroup(
            name=format_known("API-Gateway-Execution-Logs_{}/{}", get(api).id, wanted.stage),
            family=format_known("API-Gateway-Execution-Logs_{}/", get(api).id),
            retention=wanted.log.retention,
            key=encryption.arn(get),
            tags=inputs.tags,
        ),
        needs=[api, *encryption.needs],
    )
    return access, execution
