"""A simulated contact centre: what happens in it, the events that it sends, and the truth about it."""
