"""The product in a real browser, against its real server."""
