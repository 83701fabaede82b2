"""Media Ingest: takes media files into a database one at a time, and answers for every single one."""

__version__ = "0.5.0"
