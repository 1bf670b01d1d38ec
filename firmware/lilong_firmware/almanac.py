"""The astronomical calendar of a lamp: when the sun sets and rises, from a small table, in integers.

The table is made at provisioning for a latitude and longitude (lilong_simulator.world.daylight.calendar): 37 pairs of
16-bit numbers, big-endian, for 1 January and every 10th day after it. A pair is solar noon after midnight UTC and the
half day from noon to sunset, in tenths of a minute: 148 bytes. A half day of 0: the sun does not rise; of 7,200: it
does not set. Between two pairs both are linear; after day 360 the next is 1 January.
"""

SIZE = 148  # bytes of a table
PAIRS = 37
SPAN_DAYS = 10
TENTH_MS = 6_000
HALF_TURN = 7_200  # tenths of a minute from noon to midnight
TURN = 14_400
MS_A_DAY = 86_400_000
# Dusk and dawn (ours): 20 min after sunset the sun is 4 to 5 degrees down at 31 degrees north, the light at 30 to 8 lx.
MARGIN = 200

DAY, TWILIGHT, NIGHT = 0, 1, 2


def sun(table: bytes, days: int) -> "tuple[int, int]":
    """(noon after midnight UTC, half day) in tenths of a minute on a day counted from 1970-01-01.

    Right until February 2100, and a day late then.
    """
    day = (days + 365) % 1_461  # four years that end with a leap year, from 1969 on
    day -= 365 * min(day // 365, 3)
    at = day // SPAN_DAYS * 4
    following = at + 4 if at + 4 < len(table) else 0
    span = SPAN_DAYS if following else 365 - SPAN_DAYS * (PAIRS - 1)
    part = day % SPAN_DAYS
    noon, half = table[at] << 8 | table[at + 1], table[at + 2] << 8 | table[at + 3]
    later = (table[following] << 8 | table[following + 1]) - noon
    later = (later + HALF_TURN) % TURN - HALF_TURN  # noon passes midnight UTC, where that is
    longer = (table[following + 2] << 8 | table[following + 3]) - half
    return noon + later * part // span, half + longer * part // span


def sky(table: bytes, epoch_ms: int) -> "tuple[int, int]":
    """(DAY, TWILIGHT: less than MARGIN from sunset or sunrise, or NIGHT; ms until that may be different)."""
    days = epoch_ms // MS_A_DAY  # with the next line the only arithmetic here that is too wide for a small integer
    ms = epoch_ms % MS_A_DAY
    tenth = ms // TENTH_MS
    noon, half = sun(table, days)
    since = (tenth - noon + HALF_TURN) % TURN - HALF_TURN
    # The nearest noon may be that of the day before or after.
    noon, half = sun(table, days + (tenth - since - noon) // TURN)
    since = (tenth - noon + HALF_TURN) % TURN - HALF_TURN
    dark = half + MARGIN
    now = DAY
    if half <= 0 or since >= dark or since < -dark:
        now = NIGHT
    elif since >= half or since < -half:
        now = TWILIGHT
    following = HALF_TURN
    for limit in (-dark, -half, half, dark):
        if since < limit < following:
            following = limit
    return now, (following - since) * TENTH_MS - ms % TENTH_MS
