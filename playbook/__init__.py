"""The words sales and marketing both trust, in one git-backed library."""

__version__ = "0.1.0"
