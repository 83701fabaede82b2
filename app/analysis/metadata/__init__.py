"""Says what the tags, texts and sidecars of a file mean: when, where, by whom, which words and which rating."""
