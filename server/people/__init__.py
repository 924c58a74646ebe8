"""Persons, their employments and roles, their devices, and how they sign in."""
