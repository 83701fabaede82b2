"""HTTP of what vision models say of the files."""
