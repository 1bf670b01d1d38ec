"""Drivers: one file a chip or a front end. Each takes buses and pins, and knows no board."""
