"""What vision models said of the files: each request with its cost, and the proposals that came of it."""
