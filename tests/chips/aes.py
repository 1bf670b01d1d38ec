"""AES as MicroPython's `cryptolib` has it, on CPython too."""

import sys

if sys.implementation.name == "micropython":
    from cryptolib import aes
else:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    class aes:
        """ECB (1) or CBC (2); one object either encrypts or decrypts."""

        def __init__(self, key, mode, iv=None):
            self._cipher = Cipher(algorithms.AES(bytes(key)), modes.ECB() if mode == 1 else modes.CBC(bytes(iv)))
            self._does = None

        def _run(self, does, data, into):
            if self._does is None:
                self._does = does
                self._context = self._cipher.encryptor() if does == "encrypt" else self._cipher.decryptor()
            if self._does != does or len(data) % 16:
                raise ValueError(does)
            done = self._context.update(bytes(data))
            if into is None:
                return done
            into[: len(done)] = done
            return None

        def encrypt(self, data, into=None):
            return self._run("encrypt", data, into)

        def decrypt(self, data, into=None):
            return self._run("decrypt", data, into)
