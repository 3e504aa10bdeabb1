"""Changing the words together: proposals, what is said of them, and how they become main."""
