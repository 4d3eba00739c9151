"""Carries plans out. Knows no kind of resource and no configuration.

`engine` has the procedures over the whole stack (plan, up, down); `observer` finds a node's
resource, `prefetch` what can be observed before its turn; `planner` decides what to do about it;
`executor` does it, through the journal. `walks` and `timing` order and time the nodes' visits,
`errors` turns the SDK's errors into ours.
"""
