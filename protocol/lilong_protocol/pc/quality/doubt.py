"""What a checker says."""

from typing import NamedTuple

from ..findings import Finding


class Doubt(NamedTuple):
    """A doubt about what a device says begins, or ends. `what`: of the table of findings, `quality.*`. `about`: the
    quantity's name; of a gap boot and the first number that never came; of a contradiction the two that contradict each
    other, as "door_open/passages"; of a time "clock".

    `begins` False: what `what` said of `about` is over. A gap never ends: what is lost stays lost. `at_ms`: epoch ms at
    which it was found. `text` says what was seen, in the registry's units.
    """

    device: str
    what: Finding
    about: str
    begins: bool
    at_ms: int
    text: str = ""
