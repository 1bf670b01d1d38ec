"""Models of chips and buses, written from the data sheets; they run under CPython and MicroPython."""
