"""Opens images and videos, decodes them once, and makes pictures of them."""
