"""What the words mean: cards, kinds, settings, lint."""
