"""What has just been read is no news: the same number again within a while is the same vehicle.

`seen`: [(number, uptime in ms until which it is known)], the oldest first.
"""

ROOM = 8  # (ours) numbers at once: more do not come by one reader in that time


def is_known(seen: "list[tuple[int, int]]", now: int, number: int) -> bool:
    """Whether it was noted a short while ago."""
    for known, until in seen:
        if known == number:
            return now < until
    return False


def note(seen: "list[tuple[int, int]]", number: int, until: int) -> None:
    """It is here, and known for a while."""
    for item in seen:
        if item[0] == number:
            seen.remove(item)
            break
    if len(seen) >= ROOM:
        seen.pop(0)
    seen.append((number, until))
