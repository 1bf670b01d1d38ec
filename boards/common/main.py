"""main.py of every board: what is in /lilong decides what runs."""

import sys

sys.path.insert(0, "/lilong")

from lilong_boot import main

main()
