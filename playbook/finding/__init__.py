"""Finding words during a call: the open library, the answer's shape, the badge, what is copied, what is new."""
