"""Benchmarks: each is a command that prints a table and the figures as one line of JSON. They print; they never fail."""
