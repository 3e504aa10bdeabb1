"""Finding the line to say while the buyer talks: search, browse, and a whole document."""
