"""Saying it better: the panel over the call, the editor, a new card, acts on a published one."""
