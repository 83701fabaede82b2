"""Write Metadata: what a person said, written to sidecars or into the files, only if asked.

Decisions are pure (`words`, `packet`, `tags`); the rest finds the target, writes it whole or not at all, and can undo.
"""
