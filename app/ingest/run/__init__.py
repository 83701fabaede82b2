"""Takes files in: the thread, the loop, and what becomes of a session when something goes wrong."""
