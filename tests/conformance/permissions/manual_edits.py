"""Manual changes of every resource of a stack, which `up` has to undo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provision.aws.client import Aws
from provision.model.step import OWNER, Step, Tagged
from provision.steps.logs.log_group import LogGroup
from tests.support.sample_stack import MARK
from tests.unit.steps.lambda_world import a_bundle

OTHER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
}
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
SECOND_TABLE = "formerly-items"
DEAD_ROLE = "arn:aws:iam::123456789012:role/of-somebody-gone"
EDITS: Mapping[str, Mapping[str, Any]] = {
    "apigateway.domain": {"security_policy": "TLS_1_0"},
    "apigateway.key": {"enabled": False},
    "apigateway.rest_api": {"security_policy": "TLS_1_0"},
    "apigateway.usage_plan": {"rate": 5.0},
    "autoscaling.policy": {"target": 50.0},
    "autoscaling.target": {"maximum": 50},
    "cloudwatch.alarm": {"threshold": 99.0},
    "dynamodb.table": {"recovery": False, "protect": False, "ttl": None},
    "ec2.subnet": {"public": True},
    "ec2.vpc": {"dns": False},
    "iam.role": {"description": "changed", "service": "sns.amazonaws.com"},
    "lambda.event_invoke": {"retries": 0},
    "lambda.function": {"memory": 256},
    "lambda.permission": {"principal": "sns.amazonaws.com"},
    "logs.group": {"retention": 1, "key": KEY, "protect": True},
    "scheduler.schedule": {"enabled": False, "expression": "rate(1 day)"},
    "sns.topic": {"display": "changed"},
    "sqs.queue": {"visibility": 11},
    "wafv2.web_acl": {"action": "count"},
}
"""Kind → fields as a manual change would set them."""


def by_hand(aws: Aws, steps: Mapping[str, Step]) -> None:
    """Change everything that can be changed, and add undeclared settings."""
    for step in steps.values():
        _change(aws, step)
    _retag_dashboard(aws, steps["monitoring.dashboard"])
    _share_table(aws, vars(steps["table.items"])["arn"])
    _change_network(aws, {name: vars(step) for name, step in steps.items()})
    _change_role(aws, vars(steps["function.items.role"])["name"])
    attach_by_hand(aws)
    _change_api(aws, vars(steps["api"])["id"], vars(steps["api.plan"])["id"])
    _change_proof(aws, steps["api.certificate.proof"])
    _lengthen_histories(aws, {name: vars(step) for name, step in steps.items()})
    aws.apigateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}]
    )


def _share_table(aws: Aws, table: str) -> None:
    """Share the table with another account by a policy of its own, and make it on-demand."""
    theirs = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "dynamodb:GetItem",
        "Resource": table,
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
    aws.dynamodb.put_resource_policy(ResourceArn=table, Policy=text)
    aws.dynamodb.update_table(TableName=table.rpartition("/")[2], BillingMode="PAY_PER_REQUEST")


def _change(aws: Aws, step: Step) -> None:
    edits = dict(EDITS.get(step.KIND, {}))
    for field, value in edits.items():
        replace(step, **{field: value}).update(aws, step, {field})
    if isinstance(step, Tagged):
        tags = {OWNER: step.tags[OWNER], "stray": "by hand"}
        replace(step, tags=tags).update(aws, step, {"tags"})


def _retag_dashboard(aws: Aws, dashboard: Step) -> None:
    found: Any = dashboard
    body = {**found.body, "periodOverride": "auto"}
    replace(found, body=body, tags={"stray": "by hand"}).update(aws, found, {"body", "tags"})


def _change_network(aws: Aws, steps: Mapping[str, Mapping[str, Any]]) -> None:
    ec2 = aws.ec2
    vpc, routes = steps["network.vpc"]["id"], steps["network.routes"]["id"]
    first, second = (steps[f"network.subnet.{number}"]["id"] for number in (1, 2))
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_route(RouteTableId=routes, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    links = ec2.describe_route_tables(RouteTableIds=[routes])["RouteTables"][0]["Associations"]
    for link in links:
        if link.get("SubnetId") in {first, second}:
            ec2.disassociate_route_table(AssociationId=link["RouteTableAssociationId"])
    ec2.associate_route_table(RouteTableId=other, SubnetId=first)
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.21.0.0/24")
    stray = ec2.create_subnet(VpcId=vpc, CidrBlock="10.21.0.0/25")["Subnet"]["SubnetId"]
    mark: Any = {
        "Key": OWNER,
        "Value": f"{MARK}/network.subnet.3",
    }  # as after fewer zones were wanted
    ec2.create_tags(Resources=[stray], Tags=[mark])
    ec2.associate_route_table(RouteTableId=routes, SubnetId=stray)
    ec2.modify_vpc_endpoint(
        VpcEndpointId=steps["network.endpoint"]["id"],
        PolicyDocument=json.dumps(OTHER_POLICY),
        RemoveRouteTableIds=[routes],
    )
    group = steps["network.group"]["id"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=steps["network.secrets.ssm"]["id"],
        PolicyDocument=json.dumps(OTHER_POLICY),
        RemoveSubnetIds=[second],
        AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[steps["network.secrets.group"]["id"]],
        PrivateDnsEnabled=False,
    )
    rule: Any = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    rule["IpRanges"] = [{"CidrIp": "10.0.0.0/8"}]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    for each in groups["SecurityGroups"]:  # ours, and the one AWS makes
        ec2.authorize_security_group_ingress(GroupId=each["GroupId"], IpPermissions=[rule])
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])


def _change_role(aws: Aws, name: str) -> None:
    document = json.dumps(OTHER_POLICY)
    arn = aws.iam.create_policy(PolicyName="by-hand", PolicyDocument=document)["Policy"]["Arn"]
    aws.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    aws.iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=document)
    aws.iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=document)


def attach_by_hand(aws: Aws) -> None:
    arn = aws.location.arn("iam", "policy/by-hand", region=False)
    for name in ("items", "flow-logs", "items-schedules"):
        aws.iam.attach_role_policy(RoleName=f"tap-dev-us-east-1-{name}", PolicyArn=arn)


def _change_api(aws: Aws, api: str, plan: str) -> None:
    client = aws.apigateway
    resources = client.get_resources(restApiId=api)["items"]
    items = next(each["id"] for each in resources if each["path"] == "/items")
    client.update_rest_api(
        restApiId=api,
        patchOperations=[
            {"op": "replace", "path": "/description", "value": "by hand"},
            {"op": "replace", "path": "/policy", "value": json.dumps(OTHER_POLICY)},
        ],
    )
    client.create_resource(restApiId=api, parentId=items, pathPart="stray")
    client.put_method(restApiId=api, resourceId=items, httpMethod="PUT", authorizationType="NONE")
    client.create_model(restApiId=api, name="Stray", contentType="application/json", schema="{}")
    client.update_model(
        restApiId=api,
        modelName="Item",
        patchOperations=[{"op": "replace", "path": "/schema", "value": "{}"}],
    )
    client.create_request_validator(restApiId=api, name="stray")
    for validator in client.get_request_validators(restApiId=api)["items"]:
        client.update_request_validator(
            restApiId=api,
            requestValidatorId=validator["id"],
            patchOperations=[{"op": "replace", "path": "/validateRequestBody", "value": "false"}],
        )
    client.put_gateway_response(restApiId=api, responseType="WAF_FILTERED", statusCode="418")
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX", statusCode="418")
    _change_serving(aws, api, plan)


def _change_serving(aws: Aws, api: str, plan: str) -> None:
    client = aws.apigateway
    client.update_stage(
        restApiId=api,
        stageName="v1",
        patchOperations=[
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "5"},
        ],
    )
    deployment = client.get_stage(restApiId=api, stageName="v1")["deploymentId"]
    client.create_stage(restApiId=api, stageName="stray", deploymentId=deployment)
    client.update_base_path_mapping(
        domainName="api.example.com",
        basePath="(none)",
        patchOperations=[{"op": "replace", "path": "/stage", "value": "stray"}],
    )
    for key in client.get_usage_plan_keys(usagePlanId=plan)["items"]:
        client.delete_usage_plan_key(usagePlanId=plan, keyId=key["id"])
    stray = client.create_api_key(name="stray")["id"]
    client.create_usage_plan_key(usagePlanId=plan, keyId=stray, keyType="API_KEY")


def _change_proof(aws: Aws, proof: Step) -> None:
    found: Any = proof
    replace(found, ttl=60).update(aws, found, {"ttl"})


def _lengthen_histories(aws: Aws, steps: Mapping[str, Mapping[str, Any]]) -> None:
    """Add so many versions, layers and deployments that the next one prunes the oldest."""
    function, layer = steps["function.items"]["name"], steps["layer.dependencies"]
    aws.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=5)
    for number in range(6):
        code = a_bundle(f"by hand {number}")
        aws.lambda_.update_function_code(FunctionName=function, ZipFile=code.content)
        aws.lambda_.publish_version(FunctionName=function)
        aws.lambda_.publish_layer_version(
            LayerName=layer["name"],
            Content={"ZipFile": code.content},
            Description=f"{layer['owner']} sha256={code.sha256}",
        )
        aws.apigateway.create_deployment(
            restApiId=steps["api"]["id"],
            description=f"{steps['api.deployment']['owner']} {number}",
        )


def make_removable(aws: Aws, steps: Mapping[str, Step]) -> None:
    """Remove all that would keep the network, and leave an interface that Lambda forgot.

    The log groups are protected.
    """
    for step in steps.values():
        if isinstance(step, LogGroup):
            replace(step, protect=True).update(aws, step, {"protect"})
    vpc, group, subnet = (
        vars(steps[f"network.{name}"])["id"] for name in ("vpc", "group", "subnet.1")
    )
    ec2 = aws.ec2
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        if any(link["VpcId"] == vpc for link in gateway["Attachments"]):
            made = gateway["InternetGatewayId"]
            ec2.detach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
            ec2.delete_internet_gateway(InternetGatewayId=made)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    for table in tables["RouteTables"]:
        if not table["Associations"] and not table["Tags"]:
            ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    attach_by_hand(aws)
    for stray in ec2.describe_subnets(Filters=[{"Name": "cidr", "Values": ["10.21.0.0/25"]}])[
        "Subnets"
    ]:
        ec2.delete_subnet(SubnetId=stray["SubnetId"])
    ec2.create_network_interface(
        SubnetId=subnet, Groups=[group], Description="AWS Lambda VPC ENI-tap-dev-items-1"
    )


def key_by_hand(aws: Aws, alias: str) -> None:
    """Change every setting of the key, and then schedule its deletion."""
    key = aws.kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
    policy = json.dumps({**OTHER_POLICY, "Id": "by hand"})
    aws.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    aws.kms.update_key_description(KeyId=key, Description="by hand")
    aws.kms.tag_resource(KeyId=key, Tags=[{"TagKey": "stray", "TagValue": "by hand"}])
    aws.kms.untag_resource(KeyId=key, TagKeys=["Environment"])
    aws.kms.disable_key_rotation(KeyId=key)
    aws.kms.schedule_key_deletion(KeyId=key)


def alias_by_hand(aws: Aws, alias: str) -> None:
    """Lead the alias to a foreign key."""
    other = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    aws.kms.update_alias(AliasName=alias, TargetKeyId=other)


def beside_by_hand(aws: Aws) -> None:
    """Create resources that none of our policies names.

    They are a table with our table's owner tag, as after a rename and a lost state, and a foreign,
    deleted role in the account's setting.
    """
    aws.dynamodb.create_table(
        TableName=SECOND_TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": OWNER, "Value": f"{MARK}/table.items"}],
    )
    aws.apigateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": DEAD_ROLE}]
    )


def double(aws: Aws) -> None:
    """Create a second API and a second key of the same owner, as a lost answer may."""
    aws.apigateway.create_rest_api(name="tap-dev", tags={OWNER: f"{MARK}/api"})
    aws.apigateway.create_api_key(name="tap-dev-default", tags={OWNER: f"{MARK}/api.key.default"})
