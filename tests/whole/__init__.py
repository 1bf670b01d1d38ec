"""Whole devices: what `lilong flash` puts onto a board, on real MicroPython with models of the board's chips."""
