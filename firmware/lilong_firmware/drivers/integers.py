"""Roots, arctangents and cosines in integers, for chips whose readings need them and boards without double floats."""

# atan(2**-n) in units of 0.001 degree, for CORDIC in vectoring mode.
_ATAN_MDEG = (45_000, 26_565, 14_036, 7_125, 3_576, 1_790, 895, 448, 224, 112, 56, 28, 14, 7, 3, 2, 1)
# 10,000 cos(d) at every 5 degrees from 0 to 90.
_COS = (10_000, 9_962, 9_848, 9_659, 9_397, 9_063, 8_660, 8_192, 7_660, 7_071, 6_428, 5_736, 5_000, 4_226, 3_420, 2_588,
        1_736, 872, 0)  # fmt: skip


def isqrt(n: int) -> int:
    """The largest r with r * r <= n, for n >= 0."""
    if n < 2:
        return n
    root = 1
    m = n
    while m > 3:
        root <<= 1
        m >>= 2
    root <<= 1
    while True:
        better = (root + n // root) >> 1
        if better >= root:
            return root
        root = better


def arctan2(y: int, x: int) -> int:
    """The angle of (x, y) for y >= 0, in 0.001 degree from 0 to 180,000, within 0.01 degree. 0 for (0, 0)."""
    turned = 0
    if x < 0:
        x, y, turned = y, -x, 90_000
    if x == 0 and y == 0:
        return 0
    while x < 8_192 and abs(y) < 8_192:  # bits for the shifts below
        x <<= 4
        y <<= 4
    for shift, step in enumerate(_ATAN_MDEG):
        if y > 0:
            x, y = x + (y >> shift), y - (x >> shift)
            turned += step
        else:
            x, y = x - (y >> shift), y + (x >> shift)
            turned -= step
    return min(max(turned, 0), 180_000)


def cosine(udeg: int) -> int:
    """10,000 cos of an angle from -90 to 90 degrees in microdegrees, within 10 (interpolated)."""
    at, rest = divmod(abs(udeg), 5_000_000)
    if at >= 18:
        return 0
    return _COS[at] - (_COS[at] - _COS[at + 1]) * (rest // 1_000) // 5_000
