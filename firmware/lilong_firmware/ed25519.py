"""Ed25519 signatures (RFC 8032), verified in small steps. Loaded when a signature is to be checked.

A board has no SHA-512 and takes seconds for the whole: so this is a generator, and whoever runs it does other work
between its steps. No secret is handled here, hence nothing needs constant time.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    Point = tuple[int, int, int, int]  # extended coordinates: X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z

_P = (1 << 255) - 19
_L = (1 << 252) + 27742317777372353535851937790883648493  # the order of the base point
_MASK = (1 << 64) - 1


def verification(public: bytes, message: bytes, signature: bytes) -> "Generator[bool | None, None, None]":
    """Yields None many times while it works, then once whether `signature` of `message` is good.

    public: 32 bytes. message: at most 47 bytes, so that one block of SHA-512 holds all: a digest. Of wrong sizes,
    a point that is none, or a scalar that is too large (5.1.7, 1) the answer is False.
    """
    scalar = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or scalar >= _L:
        yield False
        return
    digest = 0
    for number in _sha512(signature[:32] + public + message):
        digest = number
        yield None
    k = int.from_bytes(digest.to_bytes(64, "big"), "little") % _L
    d = -121665
    for inverse in _power(121666, _P - 2):
        if inverse is None:
            yield None
        else:
            d = d * inverse % _P
    # A, decompressed (5.1.3), and its negative
    y = int.from_bytes(public, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    u = (y * y - 1) % _P
    v = (d * y * y + 1) % _P
    x = 0
    for root in _power(u * _small_power(v, 7) % _P, (_P - 5) // 8):
        if root is None:
            yield None
        else:
            x = u * _small_power(v, 3) * root % _P
    if v * x * x % _P == _P - u:
        for root in _power(2, (_P - 1) // 4):
            if root is None:
                yield None
            else:
                x = x * root % _P
    if y >= _P or v * x * x % _P != u or (x == 0 and sign):
        yield False
        return
    if x & 1 == sign:
        x = _P - x
    minus_a = (x, y, 1, x * y % _P)
    base_y = 46316835694926478169428394003475163141307993866256225615783033603165251855960
    base_x = 15112221349535400772501151409588531511454012693041857206046113283949847762202
    base = (base_x, base_y, 1, base_x * base_y % _P)
    points = (None, base, minus_a, _add(base, minus_a, d))
    # [S]B - [k]A, both scalars at once, bit by bit
    total: Point = (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        total = _double(total)
        point = points[scalar >> bit & 1 | (k >> bit & 1) << 1]
        if point is not None:
            total = _add(total, point, d)
        yield None
    for inverse in _power(total[2], _P - 2):
        if inverse is None:
            yield None
        else:
            x = total[0] * inverse % _P
            y = total[1] * inverse % _P
    yield (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _small_power(base: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = result * base % _P
    return result


def _power(base: int, exponent: int) -> "Generator[int | None, None, None]":
    """None after each few bits, then base to the exponent, modulo the prime."""
    result = 1
    for bit in range(254, -1, -1):
        result = result * result % _P
        if exponent >> bit & 1:
            result = result * base % _P
        if not bit & 3:
            yield None
    yield result


def _add(p: "Point", q: "Point", d: int) -> "Point":
    """5.1.4, for a = -1."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * d % _P
    e = 2 * p[2] * q[2] % _P
    return (b - a) * (e - c) % _P, (e + c) * (b + a) % _P, (e - c) * (e + c) % _P, (b - a) * (b + a) % _P


def _double(p: "Point") -> "Point":
    """5.1.4."""
    a = p[0] * p[0]
    b = p[1] * p[1]
    c = 2 * p[2] * p[2]
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1])
    g = a - b
    f = c + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _sha512(message: bytes) -> "Generator[int, None, None]":
    """0 after each round, then the digest as a number; FIPS 180-4 6.4, for a message of one block."""
    block = message + b"\x80" + bytes(125 - len(message)) + (8 * len(message)).to_bytes(2, "big")
    w = [int.from_bytes(block[at : at + 8], "big") for at in range(0, 128, 8)]
    primes: list[int] = []
    number = 2
    while len(primes) < 80:
        if all([number % prime for prime in primes]):
            primes.append(number)
        number += 1
    first = [_root(prime, 2) for prime in primes[:8]]
    state = first
    for i in range(80):
        if i >= 16:
            a, b = w[1], w[14]
            a = _turn(a, 1) ^ _turn(a, 8) ^ a >> 7
            b = _turn(b, 19) ^ _turn(b, 61) ^ b >> 6
            w = w[1:] + [(w[0] + a + w[9] + b) & _MASK]  # noqa: RUF005  MicroPython unpacks into no list
        a, b, c, d, e, f, g, h = state
        t = h + (_turn(e, 14) ^ _turn(e, 18) ^ _turn(e, 41)) + (e & f ^ ~e & g) + _root(primes[i], 3) + w[min(i, 15)]
        s = (_turn(a, 28) ^ _turn(a, 34) ^ _turn(a, 39)) + (a & b ^ a & c ^ b & c)
        state = [(t + s) & _MASK, a, b, c, (d + t) & _MASK, e, f, g]
        yield 0
    digest = 0
    for i in range(8):
        digest = digest << 64 | (first[i] + state[i]) & _MASK
    yield digest


def _turn(word: int, by: int) -> int:
    return (word >> by | word << 64 - by) & _MASK


def _root(number: int, degree: int) -> int:
    """The first 64 bits behind the point of a root of `number`: what FIPS 180-4 4.2.3 has in a table."""
    number <<= 64 * degree
    root = 0
    for bit in range(68, -1, -1):
        larger = root | 1 << bit
        if larger**degree <= number:
            root = larger
    return root & _MASK
