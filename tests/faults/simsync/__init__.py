"""simsync: phones, people, weather and crashes in simulated time, over the real rules of the server. By one seed, in the order
of time; docs/reliability.md says what it shows."""
