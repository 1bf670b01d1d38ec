"""`lilong conform device`: plays a backend against one device."""
