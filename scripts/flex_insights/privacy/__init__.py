"""Redaction, erasure and retention of what has been loaded. Entry point: command.py."""
