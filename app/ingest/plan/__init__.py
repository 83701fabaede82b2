"""What a session would do: the walk, its judgement of each file, and the counts."""
