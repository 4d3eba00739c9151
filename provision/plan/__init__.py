"""Pure planning: what would be done about each resource, as values. Makes no AWS call.

`change.ResourceChange` is the unit: the wanted and the observed resource, how they differ, and the
action that follows. `ownership` explains who owns a resource, `risks` finds what a change risks,
`blocking` marks changes that cannot be made, `value_diff` compares inside a value, `renames`
detects likely renames, `options` holds what the user allows by name, `limitations` what an emulator
lacks.
"""
