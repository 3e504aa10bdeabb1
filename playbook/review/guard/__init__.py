"""The hub's guard: what a push brings, and how a hub or a host is set up to judge it."""
