"""The IAM permissions that the commands of a stack need.

Steps declare them next to their API calls (`model.iam`). `requirements` fills the declarations with
the names of one stack, `policies` merges the result into `Policy` documents within IAM's size
limit, and `access_denied` finds the statement that is missing when AWS denies a call.
"""
