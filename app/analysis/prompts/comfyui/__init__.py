"""Reads ComfyUI: graphs as they ran, and drawn workflows as what would have run."""
