"""The web ACL of AWS WAF that filters requests to the API.

`web_acl` holds the step `WebAcl`, `rules` writes its rules in AWS's grammar and reads them back.
`association` holds the step `WebAclAssociation`, which puts the ACL in front of a stage.
"""
