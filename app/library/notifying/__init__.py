"""What sessions are told to whom: the outbox of notifications, filled from the log, and how each delivery stands."""
