"""A live run: what is asked for, who plays it, what it measures, and what it came to."""
