"""`lilong selftest`: the script that proves a board, pin by pin and driver by driver, and signs what it has seen."""
