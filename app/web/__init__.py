"""The house by its web door: HTTP, server-sent events and the page."""
