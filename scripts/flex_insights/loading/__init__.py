"""Parts of the loader: event files in, landing zone out. Entry point: ../load_events.py."""
