"""A contact centre that never was: what happened in it, the events it sent, and the truth."""
