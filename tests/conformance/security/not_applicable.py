"""AWS's controls without a test, because they do not concern this stack, with the reasons."""

from __future__ import annotations

ELSEWHERE = {
    "APIGateway.2": "A client certificate shows API Gateway to an HTTP backend. Ours is Lambda, "
    "which API Gateway calls with its own signed requests.",
    "APIGateway.8": "For HTTP and WebSocket APIs. Every route of this REST API requires a key.",
    "DynamoDB.4": "Backup plans of AWS Backup belong to the account. Recovery to any second of the "
    "last 35 days is on, and `down` makes a final backup.",
    "DynamoDB.7": "For DAX, which is not used.",
    "WAF.11": "The ACL writes no log of its own: the API's access log has every request, also "
    "refused ones, AWS shows samples for three hours, and each rule has a metric.",
    "Route53.1": "For health checks, which are not used.",
    "Route53.2": "The zone is the user's own and gets only a record.",
}
