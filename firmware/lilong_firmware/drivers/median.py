"""The median of a ring of readings in which -1 is none."""


def median(values: "list[int]", offset: int) -> "int | None":
    """Of those that are not -1, plus `offset` and not below 0; None when fewer than three are."""
    good = [value for value in values if value >= 0]
    if len(good) < 3:
        return None
    good.sort()
    return max(good[len(good) >> 1] + offset, 0)
