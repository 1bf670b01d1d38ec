"""Puts this folder into the path of the tests below it: what they share lies here."""
