"""The permissions that AWS requires for each call.

They are written from the Service Authorization Reference, not from the declarations of the steps.
Where the reference is ambiguous, the stricter reading is taken.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from tests.conformance.permissions import current_tags
from tests.conformance.permissions.evaluation import Ask

ACCOUNT, REGION = "123456789012", "us-east-1"
Params = Mapping[str, Any]
Context = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Sent:
    """A call as it is sent: its parameters, and the HTTP request made of them."""

    service: str
    operation: str
    params: Params
    method: str
    path: str

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


def asks(sent: Sent) -> list[Ask]:
    """Return the permissions, all required; most operations are an action of their own name."""
    return list(_BY_SERVICE[sent.service](sent))


def arn(service: str, resource: str, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


# -- context -----------------------------------------------------------------------------------


def requested(tags: Any) -> Context:
    """Return `aws:RequestTag/…` for the tags of any service."""
    if isinstance(tags, Mapping):
        pairs = dict(tags)
    else:
        pairs = {tag["Key"]: tag.get("Value", "") for tag in tags or ()}
    found: Context = {f"aws:requesttag/{key.lower()}": (value,) for key, value in pairs.items()}
    if pairs:
        found["aws:tagkeys"] = tuple(pairs)
    return found


def carried(tags: Mapping[str, str]) -> Context:
    return {f"aws:resourcetag/{key.lower()}": (value,) for key, value in tags.items()}


# -- services ----------------------------------------------------------------------------------


def _dynamodb(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if sent.operation in {"ListBackups", "ListTables"}:
        yield Ask(sent.action, "*")
        return
    given = params.get("ResourceArn") or params.get("BackupArn")
    table = given or arn("dynamodb", f"table/{params['TableName']}")
    tags = requested(params.get("Tags"))
    yield Ask(sent.action, table, tags)
    if sent.operation == "CreateTable" and tags:
        yield Ask("dynamodb:TagResource", table, tags)
    if key := params.get("SSESpecification", {}).get("KMSMasterKeyId"):
        for use in ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt"):
            yield _on_key(f"kms:{use}", key)
        for use in ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom"):
            yield _on_key(f"kms:{use}", key)
        yield _on_key("kms:ReEncryptTo", key)


def _lambda(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if "Layer" in sent.operation:
        yield from _layer(sent)
        return
    function = params.get("Resource") or arn("lambda", f"function:{params['FunctionName']}")
    if sent.operation == "Invoke":  # an action of another name, on what is invoked
        qualifier = params.get("Qualifier")  # without one, the function itself is checked
        yield Ask("lambda:InvokeFunction", f"{function}:{qualifier}" if qualifier else function)
        return
    tags = requested(params.get("Tags"))
    context = dict(tags)
    if sent.operation == "AddPermission":
        context["lambda:principal"] = (params["Principal"],)
    yield Ask(sent.action, function, context)
    if "Qualifier" in params:  # the reference names the function, refusals the qualified one
        yield Ask(sent.action, f"{function}:{params['Qualifier']}", context)
    if sent.operation == "CreateFunction" and tags:
        yield Ask("lambda:TagResource", function, tags)
    if key := params.get("KMSKeyArn"):
        yield _on_key("kms:CreateGrant", key)
        yield _on_key("kms:Encrypt", key)
    if sent.operation == "GetFunction" and "Qualifier" not in params:
        yield Ask("lambda:ListTags", function)  # otherwise no tags are shown
    if sent.operation == "GetFunction" and (
        key := current_tags.key_of_function(params["FunctionName"])
    ):
        yield _on_key("kms:Decrypt", key)  # otherwise no variables are shown
    if "Role" in params:
        passed: Context = {"iam:passedtoservice": ("lambda.amazonaws.com",)}
        yield Ask("iam:PassRole", params["Role"], passed)
    for layer in params.get("Layers", ()):
        yield Ask("lambda:GetLayerVersion", layer)
    if params.get("VpcConfig", {}).get("SubnetIds"):
        for kind in ("SecurityGroups", "Subnets", "Vpcs"):
            yield Ask(f"ec2:Describe{kind}", "*")


def _layer(sent: Sent) -> Iterator[Ask]:
    if sent.operation.startswith("ListLayer"):
        yield Ask(sent.action, "*")
        return
    layer = arn("lambda", f"layer:{sent.params['LayerName']}")
    number = sent.params.get("VersionNumber")
    yield Ask(sent.action, f"{layer}:{number}" if number else layer)


def _iam(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if sent.operation in {"ListAccountAliases", "ListRoles"}:
        yield Ask(sent.action, "*")
        return
    name = params["RoleName"]
    role = arn("iam", f"role{params.get('Path', '/')}{name}", region="")
    tags = requested(params.get("Tags"))
    context = dict(tags)
    if boundary := params.get("PermissionsBoundary") or current_tags.boundary(name):
        context["iam:permissionsboundary"] = (boundary,)
    if "PolicyArn" in params:
        context["iam:policyarn"] = (params["PolicyArn"],)
    yield Ask(sent.action, role, context)
    if sent.operation == "CreateRole" and tags:
        yield Ask("iam:TagRole", role, tags)


def _logs(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if sent.operation == "DescribeLogGroups":
        yield Ask(sent.action, "*")
        return
    name = params.get("logGroupName") or params.get("logGroupIdentifier")
    group = params.get("resourceArn") or arn("logs", f"log-group:{name}")
    tags = requested(params.get("tags"))
    context = {**tags, **carried(current_tags.log_group(group.partition("log-group:")[2]))}
    yield Ask(sent.action, group if "resourceArn" in params else f"{group}:*", context)
    if sent.operation == "CreateLogGroup" and tags:
        yield Ask("logs:TagResource", group, tags)


def _sqs(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    name = params.get("QueueName") or params["QueueUrl"].rpartition("/")[2]
    tags = requested(params.get("tags") or params.get("Tags"))
    action = sent.action.removesuffix("Batch")  # IAM has one action for one message and for many
    yield Ask(action, arn("sqs", name), tags)
    if sent.operation == "CreateQueue" and tags:
        yield Ask("sqs:TagQueue", arn("sqs", name), tags)
    if sent.operation == "ReceiveMessage" and (key := current_tags.key_of_queue(name)):
        yield _on_key("kms:Decrypt", key, {"kms:viaservice": (f"sqs.{REGION}.amazonaws.com",)})


def _sns(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if sent.operation == "Unsubscribe":
        yield Ask(sent.action, "*")
        return
    topic = params.get("TopicArn") or params.get("ResourceArn") or arn("sns", params["Name"])
    tags = requested(params.get("Tags"))
    context = dict(tags)
    if sent.operation == "Subscribe":
        context["sns:protocol"] = (params["Protocol"],)
        context["sns:endpoint"] = (params["Endpoint"],)
    yield Ask(sent.action, topic, context)
    if sent.operation == "CreateTopic" and tags:
        yield Ask("sns:TagResource", topic, tags)


def _cloudwatch(sent: Sent) -> Iterator[Ask]:
    params, tags = sent.params, requested(sent.params.get("Tags"))
    match sent.operation:
        case "GetMetricData":
            named = ["*"]
        case "DescribeAlarms":  # any name needs this
            named = [arn("cloudwatch", "alarm:*")]
        case "DeleteAlarms":
            named = [arn("cloudwatch", f"alarm:{name}") for name in params["AlarmNames"]]
        case "DeleteDashboards":
            named = [_dashboard(name) for name in params["DashboardNames"]]
        case "PutMetricAlarm":
            named = [arn("cloudwatch", f"alarm:{params['AlarmName']}")]
        case "GetDashboard" | "PutDashboard":
            named = [_dashboard(params["DashboardName"])]
        case _:
            named = [params["ResourceARN"]]
    for resource in named:
        context = {**tags, **carried(current_tags.alarm(resource)), **_alarm_calls(params)}
        yield Ask(sent.action, resource, context)
        if sent.operation in {"PutMetricAlarm", "PutDashboard"} and tags:
            yield Ask("cloudwatch:TagResource", resource, tags)


def _alarm_calls(params: Mapping[str, Any]) -> Context:
    called = [*params.get("AlarmActions", ()), *params.get("OKActions", ())]
    called += params.get("InsufficientDataActions", ())
    return {"cloudwatch:alarmactions": tuple(called)} if called else {}


def _dashboard(name: str) -> str:
    return arn("cloudwatch", f"dashboard/{name}", region="")


def _autoscaling(sent: Sent) -> Iterator[Ask]:
    params, tags = sent.params, requested(sent.params.get("Tags"))
    if sent.operation.startswith("Describe"):
        yield Ask(sent.action, "*")
        return
    target = params.get("ResourceARN") or arn(sent.service, "scalable-target/0ec5")
    found = current_tags.scaling_target(params)
    told: Context = {}
    if sent.operation == "RegisterScalableTarget":
        told[f"{sent.service}:service-namespace"] = (params["ServiceNamespace"],)
        told[f"{sent.service}:scalable-dimension"] = (params["ScalableDimension"],)
    yield Ask(sent.action, target, {**tags, **carried(found), **told})
    if sent.operation != "RegisterScalableTarget":
        return
    if tags:
        yield Ask(f"{sent.service}:TagResource", target, tags)
    yield _service_role(
        "dynamodb.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    )
    table = arn("dynamodb", params["ResourceId"])
    yield Ask("dynamodb:DescribeTable", table)
    yield Ask("dynamodb:UpdateTable", table)
    yield Ask("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:*"))
    for action in ("PutMetricAlarm", "DeleteAlarms"):  # tried without a name
        yield Ask(f"cloudwatch:{action}", "*")


def _service_role(service: str, name: str) -> Ask:
    role = arn("iam", f"role/aws-service-role/{service}/{name}", region="")
    return Ask("iam:CreateServiceLinkedRole", role, {"iam:awsservicename": (service,)})


def _acm(sent: Sent) -> Iterator[Ask]:
    params, tags = sent.params, requested(sent.params.get("Tags"))
    if sent.operation == "ListCertificates":
        yield Ask(sent.action, "*")
    elif sent.operation == "RequestCertificate":
        yield Ask(sent.action, "*", {**tags, "acm:domainnames": (params["DomainName"],)})
        yield Ask("acm:AddTagsToCertificate", arn("acm", "certificate/new"), tags)
    else:
        certificate = params["CertificateArn"]
        asked = tags if sent.operation == "AddTagsToCertificate" else {}
        context = {**asked, **carried(current_tags.certificate(certificate))}
        yield Ask(sent.action, certificate, context)


def _route53(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if sent.operation == "ListHostedZonesByName":
        yield Ask(sent.action, "*")
    elif sent.operation == "GetChange":
        change = params["Id"].rpartition("/")[2]
        yield Ask(sent.action, arn("route53", f"change/{change}", region="", account=""))
    else:
        changes = params.get("ChangeBatch", {}).get("Changes", ())
        sets = [change["ResourceRecordSet"] for change in changes]
        prefix = "route53:changeresourcerecordsets"
        context: Context = {}
        if sets:
            names = tuple(each["Name"].lower().rstrip(".") for each in sets)
            context = {
                f"{prefix}normalizedrecordnames": names,
                f"{prefix}recordtypes": tuple(each["Type"] for each in sets),
                f"{prefix}actions": tuple(change["Action"] for change in changes),
            }
        given = params["Id"] if sent.operation == "GetHostedZone" else params["HostedZoneId"]
        zone = given.rpartition("/")[2]
        yield Ask(sent.action, arn("route53", f"hostedzone/{zone}", region="", account=""), context)


# -- API Gateway: the HTTP method on the path ----------------------------------------------------


def _apigateway(sent: Sent) -> Iterator[Ask]:
    params, tags = sent.params, requested(sent.params.get("tags"))
    path = unquote(sent.path) if "/tags/" not in sent.path else sent.path
    place = arn("apigateway", path, account="")
    context = {**tags, **carried(current_tags.gateway(path))}
    yield Ask(f"apigateway:{sent.method}", place, context)
    if "/tags/" in sent.path:  # also checked as a patch of the tagged resource
        resource: str = params["resourceArn"]
        below = carried(current_tags.gateway(resource.partition("::")[2]))
        yield Ask("apigateway:PATCH", resource, below)
    elif tags:
        made = arn("apigateway", f"{path}/{params.get('stageName', _new(sent))}", account="")
        yield Ask(
            "apigateway:PUT", arn("apigateway", f"/tags/{quote(made, safe='')}", account=""), tags
        )
    if sent.operation == "UpdateAccount":
        passed: Context = {"iam:passedtoservice": ("apigateway.amazonaws.com",)}
        for patch in params["patchOperations"]:
            yield Ask("iam:PassRole", patch["value"], passed)
    if sent.operation == "CreateDomainName":
        yield _service_role("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway")
    patches = params.get("patchOperations", ())
    if sent.operation == "UpdateRestApi" and any(p["path"] == "/policy" for p in patches):
        yield Ask("apigateway:UpdateRestApiPolicy", place, context)


def _new(sent: Sent) -> str:
    return str(sent.params.get("domainName", "new"))


# -- EC2: every resource that takes part ---------------------------------------------------------

NEW = {
    "CreateVpc": "vpc",
    "CreateSubnet": "subnet",
    "CreateRouteTable": "route-table",
    "CreateVpcEndpoint": "vpc-endpoint",
    "CreateSecurityGroup": "security-group",
    "CreateFlowLogs": "vpc-flow-log",
}
PREFIXES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "rtb": "route-table",
    "vpce": "vpc-endpoint",
    "sg": "security-group",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
}


def _ec2(sent: Sent) -> Iterator[Ask]:
    params = sent.params
    if sent.operation.startswith("Describe") and sent.operation != "DescribeVpcAttribute":
        yield Ask(sent.action, "*")
        return
    tags = requested(params.get("Tags")) if sent.operation == "CreateTags" else {}
    for name in _taking_part(params):
        kind = PREFIXES[name.partition("-")[0]]
        context = {**tags, **carried(current_tags.ec2(name))}
        if vpc := current_tags.vpc_of(name):
            context["ec2:vpc"] = (arn("ec2", f"vpc/{vpc}"),)
        yield Ask(sent.action, arn("ec2", f"{kind}/{name}"), context)
    if kind := NEW.get(sent.operation, ""):
        (given,) = params["TagSpecifications"]
        new, asked = arn("ec2", f"{kind}/new"), requested(given["Tags"])
        yield Ask(sent.action, new, asked)
        yield Ask("ec2:CreateTags", new, {**asked, "ec2:createaction": (sent.operation,)})
    if params.get("PrivateDnsEnabled") and sent.operation == "CreateVpcEndpoint":
        vpcs: Context = {"route53:vpcs": (f"VPCId={params['VpcId']},VPCRegion={REGION}",)}
        zone = arn("route53", "hostedzone/Z0AWS", region="", account="")
        yield Ask("route53:AssociateVPCWithHostedZone", zone, vpcs)
    if "DeliverLogsPermissionArn" in params:
        passed: Context = {"iam:passedtoservice": ("vpc-flow-logs.amazonaws.com",)}
        yield Ask("iam:PassRole", params["DeliverLogsPermissionArn"], passed)


def _taking_part(params: Params) -> Iterator[str]:
    """Yield the ids of existing resources in a request.

    An association means its table and subnet; if it is moved, only its subnet, because the request
    names the new table.
    """
    for key, value in params.items():
        if key == "AssociationId":
            table, subnet = current_tags.association(value)
            yield from [subnet] if "RouteTableId" in params else [table, subnet]
        elif key in _NAMING and isinstance(value, str):
            yield value
        elif key in _NAMING:
            yield from value


_NAMING = {
    "AddRouteTableIds",
    "AddSecurityGroupIds",
    "AddSubnetIds",
    "FlowLogIds",
    "GroupId",
    "NetworkInterfaceId",
    "RemoveRouteTableIds",
    "RemoveSecurityGroupIds",
    "RemoveSubnetIds",
    "ResourceIds",
    "Resources",
    "RouteTableId",
    "RouteTableIds",
    "SecurityGroupIds",
    "SubnetId",
    "SubnetIds",
    "VpcEndpointId",
    "VpcEndpointIds",
    "VpcId",
}


def _kms(sent: Sent) -> Iterator[Ask]:
    """Yield what KMS checks: the key, under any of its names.

    A call about an alias is also checked on the alias, and on its present key.
    """
    params = sent.params
    if sent.operation in {"ListAliases", "ListKeys"}:
        yield Ask(sent.action, "*")
        return
    given = {tag["TagKey"]: tag["TagValue"] for tag in params.get("Tags", ())}
    if sent.operation == "CreateKey":
        yield Ask(sent.action, "*", requested(given))
        yield Ask("kms:TagResource", arn("kms", "key/new"), requested(given))
        return
    if alias := params.get("AliasName"):
        yield Ask(sent.action, arn("kms", alias))
        if sent.operation != "CreateAlias":
            yield _on_key(sent.action, alias)
    if asked := params.get("TargetKeyId") or params.get("KeyId"):
        yield _on_key(sent.action, asked, requested(given))


def _on_key(action: str, named: str, tags: Context | None = None) -> Ask:
    key, there = current_tags.key(named)
    context = {**(tags or {}), **carried(there)}
    if aliases := current_tags.aliases(key):
        context["kms:resourcealiases"] = aliases
    return Ask(action, arn("kms", f"key/{key}"), context)


def _scheduler(sent: Sent) -> Iterator[Ask]:
    """Yield what Scheduler checks: the group, or the schedule in it, and the role handed over."""
    params, tags = sent.params, requested(sent.params.get("Tags"))
    if "Group" in sent.operation or "ResourceArn" in params:
        group = params.get("ResourceArn") or arn("scheduler", f"schedule-group/{params['Name']}")
        yield Ask(sent.action, group, tags)
        if sent.operation == "CreateScheduleGroup" and tags:
            yield Ask("scheduler:TagResource", group, tags)
        return
    yield Ask(sent.action, arn("scheduler", f"schedule/{params['GroupName']}/{params['Name']}"))
    if "Target" in params:
        passed: Context = {"iam:passedtoservice": ("scheduler.amazonaws.com",)}
        yield Ask("iam:PassRole", params["Target"]["RoleArn"], passed)


def _wafv2(sent: Sent) -> Iterator[Ask]:
    """Yield what WAF checks on ACL and stage, and API Gateway on the stage."""
    params = sent.params
    if sent.operation == "ListWebACLs":
        yield Ask(sent.action, "*")
        return
    acl = params.get("WebACLArn") or params.get("ResourceARN") or _web_acl(params)
    tags = requested(params.get("Tags"))
    there = carried(current_tags.web_acl(acl))
    if stage := params.get("ResourceArn"):
        yield Ask(sent.action, stage)
        if sent.operation != "DisassociateWebACL":
            yield Ask(sent.action, acl, there)
        if sent.operation == "GetWebACLForResource":
            yield Ask("wafv2:GetWebACL", acl, there)
        else:
            context = carried(current_tags.gateway(stage.partition("::")[2]))
            yield Ask("apigateway:SetWebACL", stage, context)
        return
    yield Ask(sent.action, acl, {**tags, **there})
    if sent.operation in {"CreateWebACL", "UpdateWebACL"}:
        yield Ask(sent.action, arn("wafv2", "regional/managedruleset/AWS/any"), tags)
    if sent.operation == "CreateWebACL" and tags:
        yield Ask("wafv2:TagResource", acl, tags)


def _web_acl(params: Params) -> str:
    """Return the ACL's ARN by its name, if one is given: a stage may have a foreign ACL."""
    return arn("wafv2", f"regional/webacl/{params.get('Name', 'any')}/{params.get('Id', 'new')}")


def _tagging(sent: Sent) -> Iterator[Ask]:
    yield Ask(f"tag:{sent.operation}", "*")


def _sts(sent: Sent) -> Iterator[Ask]:
    """Yield nothing, because GetCallerIdentity needs no permission."""
    assert sent.operation == "GetCallerIdentity"
    yield from ()


_BY_SERVICE = {
    "acm": _acm,
    "apigateway": _apigateway,
    "application-autoscaling": _autoscaling,
    "cloudwatch": _cloudwatch,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "resourcegroupstaggingapi": _tagging,
    "route53": _route53,
    "scheduler": _scheduler,
    "sns": _sns,
    "sqs": _sqs,
    "sts": _sts,
    "wafv2": _wafv2,
}
