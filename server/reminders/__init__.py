"""Reminders: rules, what is due, what is said, and the channels that carry it (docs/reminders.md)."""
