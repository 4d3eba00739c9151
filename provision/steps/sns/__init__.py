"""The alarms' topic and its subscriptions."""
