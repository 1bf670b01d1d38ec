"""Passwords as brokers keep them: hashed, in the formats of mosquitto and EMQX.

A device's password is 256 bits from its root, and a backend's is random: nobody finds one by trying, so that rounds of
hashing buy nothing here and only make a herd of reconnecting devices slow. mosquitto's own default of rounds is kept.
"""

import base64
import hashlib
import os
from collections.abc import Iterable

MOSQUITTO_ROUNDS = 101  # PW_DEFAULT_ITERATIONS of mosquitto 2.0: 0.1 ms a login
SALT_BYTES = 12  # what mosquitto 2.0 reads


def mosquitto_line(user: str, password: str, salt: bytes | None = None) -> str:
    """A line of mosquitto's password_file: `user:$7$rounds$salt$hash`, PBKDF2-HMAC-SHA-512 (mosquitto_passwd(1))."""
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, MOSQUITTO_ROUNDS)
    return f"{user}:$7${MOSQUITTO_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def mosquitto_passwords(logins: Iterable[tuple[str, str]]) -> str:
    """A whole password_file of (user, password)."""
    return "".join(mosquitto_line(user, password) + "\n" for user, password in logins)


def emqx_users(logins: Iterable[tuple[str, str]]) -> str:
    """EMQX's bootstrap_file of bootstrap_type hash: SHA-256 of password and salt, in hex."""
    lines = ["user_id,password_hash,salt,is_superuser"]
    for user, password in logins:
        salt = os.urandom(16).hex()
        lines.append(f"{user},{hashlib.sha256((password + salt).encode()).hexdigest()},{salt},false")
    return "\n".join(lines) + "\n"
