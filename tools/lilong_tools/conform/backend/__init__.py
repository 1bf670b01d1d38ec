"""`lilong conform backend`: plays devices, honest and hostile, against one backend."""
