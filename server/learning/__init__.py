"""Courses, programmes, who is enrolled in what, and what they have done."""
