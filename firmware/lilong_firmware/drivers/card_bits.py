"""The bits of a card, as Wiegand and OSDP readers send them, to the number that a door's list has.

26 bits hold 24 of data (8 of facility, 16 of the card), 34 hold 32: these, as one number, are the credential. A door
takes one of the two lengths, so two cards never share a number. All other lengths are refused.
"""

SPLIT = 17  # so many first bits are in one small int, all later ones in another


def card_number(first: int, second: int, bits: int) -> int:
    """The credential; 0 for a blank card, -1 where a parity is wrong or the length is none of the two.

    `first`: the first 17 bits, `second`: the others. Even parity leads the first half, odd parity ends the second.
    """
    if bits == 26:
        even = first >> 4
        odd = (first & 15) << 9 | second
        data = 12
    elif bits == 34:
        even, odd = first, second
        data = 16
    else:
        return -1
    if _ones(even) & 1 or not _ones(odd) & 1:
        return -1
    return (even & (1 << data) - 1) << data | odd >> 1


def _ones(value: int) -> int:
    count = 0
    while value:
        value &= value - 1
        count += 1
    return count
