"""What runs in a device: its rules, its session, its outbox, and the wiring to a board."""
