"""Who may say yes: the policy as data, and what it makes of a proposal."""
