"""Pure helpers on text: tokens and safe display."""
