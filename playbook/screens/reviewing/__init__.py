"""Deciding what becomes main: the queue, one proposal word by word, conflicts, verdicts."""
