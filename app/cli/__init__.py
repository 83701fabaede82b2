"""The command line: `main.py` has what changes something, `looking.py` what only looks, `finding.py` what searches.

What vision models were asked is in `describing.py`.
"""
