"""A session as a value, what was asked of it, and all that is written under the state folder."""
