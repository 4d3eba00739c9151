"""What would be done about each resource, as values. Makes no AWS call.

`change.ResourceChange` is the unit: the wanted and the observed resource, how they differ, and the
action that follows. `ownership` says whose a resource is, `risks` what a change risks, `blocking`
what cannot go on, `value_diff` what differs inside a value, `renames` what was perhaps only given
another name, `options` what the user allows by name, `limitations` what an emulator lacks.
"""
