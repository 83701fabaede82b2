"""What was said of files, as files to keep: JSON for programs, Word for people, in a folder or as a zip.

Made of rows and of pictures that were drawn before; nothing is asked of a provider, and no original is opened here.
"""
