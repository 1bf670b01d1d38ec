"""What the frozen vectors are made from, without a line of our own codec: cbor2, pycose and cryptography."""
