"""IAM roles and their policies.

`role.Role` has the trust, the permissions boundary and the attached managed policies;
`role_policies.RolePolicies` has all inline policies of one role.
"""
