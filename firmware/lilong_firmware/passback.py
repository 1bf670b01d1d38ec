"""Local anti-passback: a card that has just gone in is not handed out to the next one."""

PASSBACK_MS = 30_000  # (ours)
PASSAGES = 8  # (ours) more than pass in that time


def went_in(passages: "list[tuple[int, int]]", now: int, card: int) -> None:
    """The door has opened for a card: (card, uptime in ms), the oldest first."""
    passages.append((card, now))
    if len(passages) > PASSAGES:
        passages.pop(0)


def just_went_in(passages: "list[tuple[int, int]]", now: int, card: int) -> bool:
    """Whether the card's owner must still be inside."""
    last = -PASSBACK_MS
    for known, at in passages:
        if known == card:
            last = at
    return now - last < PASSBACK_MS
