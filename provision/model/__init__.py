"""The types that every upper package uses.

`step.Step` holds the wanted or the observed settings of one AWS resource and the calls that manage
it; `stack.Stack` holds the nodes and their dependencies. `iam` declares the permissions that a call
needs, `capabilities` the optional interfaces of steps, `risks` what a change may do to users,
`stored_data` the user's data in a resource, `identity` the stack that a resource belongs to.
`matching` compares two values of one class.
"""
