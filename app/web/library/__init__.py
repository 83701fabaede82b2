"""The library over HTTP: what is known of files, how they are found, seen and taken away, and the totals."""
