"""Containers of films: their boxes and elements, and what makers and programs write into them."""
