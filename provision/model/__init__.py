"""The types that every upper package speaks.

`step.Step` is the wanted or the observed settings of one AWS resource and the calls that manage it;
`stack.Stack` the nodes and how they depend on each other. `iam` says what IAM asks for a call,
`risks` what a change may do to users, `stored_data` what a resource holds of theirs, `identity`
which stack a resource belongs to.
"""
