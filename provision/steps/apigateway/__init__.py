"""REST APIs of API Gateway and their parts, from API keys to domain names.

Steps: `RestApi` (in `rest_api`), its `Deployment` and `Stage`; `ApiKey` and `UsagePlan`;
`DomainName` and `BasePathMapping`; `ApiAccount`, the logging role of the whole account.
Shared by them: `tags` (tags and IAM permissions), `owners` (owner tags of parents), `tls`
(security policies).
"""
