"""`lilong update`: firmware signed by its maker, and rolled out in waves."""
