"""The kinds of EventBridge Scheduler: the group, and the schedules in it.

AWS tags groups alone, so a schedule has the owner of its group.
"""
