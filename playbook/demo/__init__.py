"""The demonstration: a hub with history, built from content/."""
