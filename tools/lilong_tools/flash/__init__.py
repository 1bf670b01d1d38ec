"""`lilong flash`: what a board runs is built, checked, put onto it by mpremote, and seen to work."""
