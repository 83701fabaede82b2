"""What a search finds, to be taken away: as lines of a file, or as the originals with what is known of them.

At no time is all of it in memory: ids are, and a slice of rows. Originals are only read.
"""
