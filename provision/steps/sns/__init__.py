"""Notifications by SNS.

`topic.Topic` is the topic to which alarms publish, `subscription.Subscription` an address that
receives its messages.
"""
