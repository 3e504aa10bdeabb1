"""Where the words live: git."""
