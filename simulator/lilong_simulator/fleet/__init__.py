"""Hosts: where the logic of devices runs. Virtual time, live connections, real MicroPython processes."""
