"""Stands here so that what tests share (micropython.py) is found from every folder below."""
