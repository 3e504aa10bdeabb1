"""What people look at: one screen a file, its styles beside it."""
