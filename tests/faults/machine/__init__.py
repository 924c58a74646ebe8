"""A state machine over the real application: Hypothesis chooses what people, phones, networks and backups do."""
