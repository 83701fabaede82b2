"""Which server may write for which session, where several work on one PostgreSQL database."""
