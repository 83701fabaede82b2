"""The database: what is known of the media and what happened to each file."""
