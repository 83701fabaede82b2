"""Proposes keywords: from prompts, names of folders, and the keywords of files that look alike. It writes nothing."""
