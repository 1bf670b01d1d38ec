"""`lilong watch`: what flows through a broker, decoded."""
