"""What a person says of files: written into rows, kept for bytes, taken back, and carried to another library."""
