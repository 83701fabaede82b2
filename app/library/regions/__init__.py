"""Keeps what is where in the pictures, and holds it against what was expected there."""
