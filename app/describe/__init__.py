"""Asking vision models what is in a picture: templates, providers, prices, requests, and what an answer is worth."""
