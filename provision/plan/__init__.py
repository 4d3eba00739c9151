"""Pure planning: what would be done about each resource, as values. Makes no AWS call.

`change.ResourceChange` is the unit: the wanted and the observed resource, how they differ, and the
action that follows. `planner` decides on that action, `ownership` on whose a resource is and how to
say it, `removal` on what is kept and the order of deletion. `plan` holds the changes of all nodes
and the result of carrying them out; `dependents` decides what a change means for the nodes that
need it. `risks` finds what a change risks, `blocking` marks changes that cannot be made,
`value_diff` compares inside a value, `renames` detects likely renames, `options` holds what the
user allows by name, `limitations` what an emulator lacks.
"""
