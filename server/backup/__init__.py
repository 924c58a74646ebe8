"""Backups: one file that holds the database, what was published and the keys; and bringing it back."""
