"""`lilong load` and `lilong compare`: options, questions, the terminal view, the search for the knee."""
