"""Known privilege escalations in AWS, with the defence in the printed policies.

Each is a list of permissions that IAM would check. docs/permissions.md shows them;
test_escalation.py tries them.
"""

from __future__ import annotations

from typing import Final

from provision.workflows.deployer_policy import ONCE
from tests.conformance.permissions.escalation import (
    ADMIN,
    ALARM,
    CERTIFICATE,
    FUNCTION,
    GROUP,
    INTEGRATION,
    KEY,
    LOGS,
    MARKING,
    MINE,
    NEW,
    NO_SUCH,
    OURS,
    OWN_ROLES,
    PLAN,
    SHARED,
    THEIRS,
    USER,
    Open,
    Way,
    alarm_that_calls,
    iam,
    of_lambda,
    passing,
    scaling,
)
from tests.conformance.permissions.evaluation import Ask
from tests.conformance.permissions.place import BOUNDARY, HERE

WAYS: Final = (
    Way(
        "a role of the stack gets a policy that allows everything, and the function's code uses"
        " it: PutRolePolicy, UpdateFunctionCode, InvokeFunction",
        [
            *iam(OURS, "PutRolePolicy"),
            *of_lambda(FUNCTION, "UpdateFunctionCode"),
            *of_lambda(f"{FUNCTION}:1", "InvokeFunction"),
        ],
        "`iam:PermissionsBoundary`: only on a role with the boundary, which limits all its"
        " policies",
        open=Open.UNBOUND,
    ),
    Way(
        "the same with a new role: CreateRole, PutRolePolicy, PassRole, CreateFunction",
        [
            *iam(OURS, "CreateRole", "PutRolePolicy"),
            passing(OURS, "lambda"),
            *of_lambda(FUNCTION, "CreateFunction"),
        ],
        "a role is created only with the boundary",
        open=Open.UNBOUND,
    ),
    Way(
        "the same with the account's logging role: PutRolePolicy",
        iam(SHARED, "PutRolePolicy"),
        "the boundary, as above",
        open=Open.UNBOUND,
    ),
    Way(
        "the account's logging role is created with another principal trusted, if no stack has"
        " created it yet: CreateRole",
        iam(SHARED, "CreateRole", permissionsboundary=BOUNDARY),
        "nothing: IAM has no condition on the trusted principal. With the boundary, that"
        " principal reads and writes the account's logs, and no more. In an account that has a"
        " role set, no stack creates it",
        open=Open.ALWAYS,
    ),
    Way(
        "the account's logging role calls CloudWatch Logs for an API: PassRole, PutIntegration with"
        " the role as its credentials",
        [passing(SHARED, "apigateway"), Ask("apigateway:PUT", INTEGRATION, MINE)],
        "nothing but trust: API Gateway requires a role that reads and writes every log group of"
        " the account. Once the account has it (`aws apigateway get-account` names one), the"
        " statement with PassRole on it can be left out",
        open=Open.ALWAYS,
    ),
    Way(
        "code of the stack's own functions is changed, and uses their roles' permissions:"
        " UpdateFunctionCode",
        of_lambda(FUNCTION, "UpdateFunctionCode"),
        "nothing: that is the purpose of deploying. The roles' permissions are in config.yaml,"
        " and within the boundary",
        open=Open.ALWAYS,
    ),
    Way(
        "a role of the stack is lent to another principal, also of another account:"
        " UpdateAssumeRolePolicy; or created so: CreateRole",
        [
            *iam(OURS, "UpdateAssumeRolePolicy"),
            *iam(OURS, "CreateRole", permissionsboundary=BOUNDARY),
        ],
        "nothing: IAM has no condition on the trusted principal. The role keeps its boundary, and"
        " `provision status` shows the drift. Denials for the functions' code do not apply to"
        " such a session: it may delete and readdress network interfaces of the account",
        open=Open.ALWAYS,
    ),
    Way(
        "a key of the stack's usage plan is made to open another API, which then joins the plan:"
        " UpdateUsagePlan",
        [Ask("apigateway:PATCH", PLAN, MINE)],
        "nothing: API Gateway has no condition on the stages of a plan. The change is drift, which"
        " `provision status` shows",
        open=Open.ALWAYS,
    ),
    Way(
        "a role of the stack gets a tag that other policies trust (`aws:PrincipalTag`): TagRole",
        iam(OURS, "TagRole"),
        "nothing: config.yaml chooses tags freely. The boundary limits a role's own policies, but"
        " not every policy of another resource",
        open=Open.ALWAYS,
    ),
    Way(
        "a managed policy is attached to a role of the stack: AttachRolePolicy",
        iam(OURS, "AttachRolePolicy", policyarn="arn:aws:iam::aws:policy/AdministratorAccess"),
        f"{NO_SUCH}: the stack attaches none",
    ),
    Way(
        "the boundary is removed: DeleteRolePermissionsBoundary",
        iam(OURS, "DeleteRolePermissionsBoundary", permissionsboundary=BOUNDARY),
        "allowed only if config.yaml has no boundary",
        open=Open.UNBOUND,
    ),
    Way(
        "the boundary is replaced by another: PutRolePermissionsBoundary",
        iam(
            OURS,
            "PutRolePermissionsBoundary",
            permissionsboundary="arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        "`iam:PermissionsBoundary` is the one ARN; config.yaml takes no pattern",
    ),
    Way(
        "the boundary itself, or a policy of one's own, is rewritten: CreatePolicyVersion,"
        " SetDefaultPolicyVersion, CreatePolicy, DeletePolicy",
        iam(BOUNDARY, "CreatePolicyVersion", "SetDefaultPolicyVersion", "CreatePolicy")
        + iam(BOUNDARY, "DeletePolicy"),
        NO_SUCH,
        either=True,
    ),
    Way(
        "permissions of users: PutUserPolicy, AttachUserPolicy, CreateAccessKey,"
        " CreateLoginProfile, UpdateLoginProfile, DeleteUserPermissionsBoundary",
        [
            *iam(USER, "PutUserPolicy", "AttachUserPolicy", "CreateAccessKey"),
            *iam(USER, "CreateLoginProfile", "UpdateLoginProfile"),
            *iam(USER, "DeleteUserPermissionsBoundary"),
        ],
        NO_SUCH,
        either=True,
    ),
    Way(
        "permissions of groups: PutGroupPolicy, AttachGroupPolicy, AddUserToGroup",
        iam(GROUP, "PutGroupPolicy", "AttachGroupPolicy", "AddUserToGroup"),
        NO_SUCH,
        either=True,
    ),
    Way(
        "another role of the account is changed or assumed: UpdateAssumeRolePolicy,"
        " PutRolePolicy, AttachRolePolicy, TagRole, sts:AssumeRole",
        [
            *iam(ADMIN, "UpdateAssumeRolePolicy", "PutRolePolicy", "AttachRolePolicy", "TagRole"),
            Ask("sts:AssumeRole", ADMIN),
        ],
        OWN_ROLES,
        either=True,
    ),
    Way(
        "a privileged role is given to a function, to API Gateway, to a flow log or to a schedule:"
        " PassRole",
        [
            passing(ADMIN, service)
            for service in ("lambda", "apigateway", "vpc-flow-logs", "scheduler")
        ],
        OWN_ROLES,
        either=True,
    ),
    Way(
        "a role of the stack is passed to a service that runs any code: PassRole to EC2, ECS,"
        " Glue, CloudFormation, SageMaker, Systems Manager",
        [
            passing(OURS, service)
            for service in ("ec2", "ecs-tasks", "glue", "cloudformation", "sagemaker", "ssm")
        ],
        "`iam:PassedToService` is the one service that the role is for",
        either=True,
    ),
    Way(
        "code of another function, and so its role: UpdateFunctionCode, UpdateFunctionConfiguration"
        " (a layer, another handler), PublishVersion, UpdateAlias, AddPermission, InvokeFunction",
        of_lambda(THEIRS, "UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion")
        + of_lambda(THEIRS, "UpdateAlias", "AddPermission", "InvokeFunction"),
        "the stack's own functions alone, by name",
        either=True,
    ),
    Way(
        "another function's layer, or one that others may use: PublishLayerVersion,"
        " AddLayerVersionPermission",
        of_lambda(HERE.arn("lambda", "layer:payroll"), "PublishLayerVersion")
        + of_lambda(
            HERE.arn("lambda", "layer:tap-dev-dependencies:1"), "AddLayerVersionPermission"
        ),
        "the stack's own layers alone, by name; functions name a version by its number",
        either=True,
    ),
    Way(
        "a function is called by another principal: AddPermission for it,"
        " CreateFunctionUrlConfig, CreateEventSourceMapping",
        [
            Ask("lambda:AddPermission", FUNCTION, {"lambda:principal": ("*",)}),
            *of_lambda(FUNCTION, "CreateFunctionUrlConfig", "CreateEventSourceMapping"),
        ],
        "`lambda:Principal` is API Gateway",
        either=True,
    ),
    Way(
        "a key of the account is opened: CreateGrant, PutKeyPolicy, Decrypt, ScheduleKeyDeletion",
        [
            Ask(f"kms:{action}", KEY, MARKING)
            for action in ("CreateGrant", "PutKeyPolicy", "Decrypt", "ScheduleKeyDeletion")
        ],
        "only a key with the stack's owner tag",
        either=True,
    ),
    Way(
        "a key of the account that has neither an alias nor an owner is tagged, opened and"
        " deleted, if `encryption.key` is `create`: TagResource, PutKeyPolicy,"
        " ScheduleKeyDeletion",
        [
            Ask("kms:TagResource", KEY, NEW),
            Ask("kms:PutKeyPolicy", KEY, MINE),
            Ask("kms:ScheduleKeyDeletion", KEY, MINE),
        ],
        "nothing: KMS has no condition for the tags of a key being created. That permission is"
        f" in a separate policy, `…{ONCE}`, which is detached after the key was created; then"
        " this is closed. Keys of other kinds are out of reach: asymmetric, imported,"
        " multi-region",
        open=Open.ALWAYS,
    ),
    Way(
        "a foreign resource gets a tag that conditions read, and is then the stack's own:"
        " TagResource, CreateTags, AddTagsToCertificate",
        [
            Ask("kms:TagResource", KEY, MARKING),
            Ask("logs:TagResource", LOGS, MARKING),
            Ask("acm:AddTagsToCertificate", CERTIFICATE, MARKING),
            Ask("ec2:CreateTags", HERE.arn("ec2", "vpc/vpc-1"), MARKING),
            Ask("wafv2:TagResource", HERE.arn("wafv2", "regional/webacl/theirs/1"), MARKING),
        ],
        "only on a resource being created, or already the stack's (`test_neighbours.py` tries all)",
        either=True,
    ),
    Way(
        "the user's own identity gets a tag that conditions read: TagUser, sts:TagSession",
        [*iam(USER, "TagUser"), Ask("sts:TagSession", ADMIN)],
        NO_SUCH,
        either=True,
    ),
    Way(
        "an alarm does what its creator may not (notifies another topic, stops an instance, runs"
        " another scaling policy): PutMetricAlarm",
        [
            alarm_that_calls(ALARM, HERE.arn("sns", "theirs")),
            *(
                alarm_that_calls(alarm, f"arn:aws:automate:{HERE.region}:ec2:stop")
                for alarm in (ALARM, "*")
            ),
            *(
                alarm_that_calls(alarm, HERE.arn("autoscaling", f"scalingPolicy:1:{of}"))
                for alarm in (ALARM, "*")
                for of in (
                    "resource/ecs/service/default/theirs:policyName/up",
                    "resource/dynamodb/table/theirs:policyName/up",
                )
            ),
        ],
        "`cloudwatch:AlarmActions` is the stack's topic; for alarms without an owner (see above) a"
        " scaling policy of the stack's tables",
        either=True,
    ),
    Way(
        "another resource than a table is scaled, in the name of Application Auto Scaling:"
        " RegisterScalableTarget for ECS, Lambda, a cluster",
        [
            scaling("ecs", "service:DesiredCount"),
            scaling("lambda", "function:ProvisionedConcurrency"),
            scaling("rds", "cluster:ReadReplicaCount"),
            scaling("dynamodb", "index:ReadCapacityUnits"),
        ],
        "`application-autoscaling:service-namespace` is `dynamodb` and"
        " `application-autoscaling:scalable-dimension` a table's capacity",
        either=True,
    ),
    Way(
        "a service-linked role is created for any service: CreateServiceLinkedRole",
        iam(
            HERE.arn("iam", "role/aws-service-role/ops.example.com/It", region=False),
            "CreateServiceLinkedRole",
            awsservicename="ops.example.com",
        ),
        "two services by name, each with its own role",
    ),
)


def table() -> str:
    """Return the table for the page."""
    rows = [f"| {way.name} | {way.against} {way.open}" for way in WAYS]
    head = ["| way | defence | with `boundary:` | without |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])
