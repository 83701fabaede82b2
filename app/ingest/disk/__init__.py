"""Looks at media roots: safe paths, what folders hold, what is gone, and bytes as they are. It decodes nothing."""
