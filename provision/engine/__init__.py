"""Carries plans out. Knows no kind of resource and no configuration.

`engine.Engine` has the procedures over the whole stack (plan, apply, plan a removal, remove) and
builds the parts they use: `observer` finds a node's resource, `ownership_check` asks AWS whose it
is, `node_planner` passes what was observed to the planner, `executor` carries changes out through
the journal, `revocations` takes access away last, `walks` and `timing` order and time the nodes'
visits. `prefetch` observes what it can before its turn, `concurrent_runs` and `marked_twice` detect
duplicates, `errors` translates the SDK's errors into ours, `events` are what a run reports.
"""
