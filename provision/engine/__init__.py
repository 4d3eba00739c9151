"""Carries plans out. Knows no kind of resource and no configuration.

`engine` has the procedures over the whole stack (plan, apply, remove). `observer` finds a node's
resource, `prefetch` observes what it can before its turn, `planner` decides on the action,
`executor` carries it out, through the journal; `revocations` takes access away last.
`concurrent_runs` and `marked_twice` detect duplicates. `walks` and `timing` order and time the
nodes' visits, `errors` translates the SDK's errors into ours.
"""
