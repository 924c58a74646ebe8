"""What stands in for the world outside: push services, and hosts that mean no good."""
