"""What must not be lost with a disk, taken elsewhere: copies of the library, and what a person said as lines of text.

It reads the library's file beside whoever works with it, and writes outside the media roots and the state folder.
"""
