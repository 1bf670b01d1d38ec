"""Lines on stdin and stdout: what reaches the simulated peripherals, and what the board tells.

In: `set <channel> <value or none>`, `obey <command> [argument]`, `at <ms>`, `stall <ms>`, `mem`, `quit`; the end of
stdin is a quit. To quit is to lose power.
"""

import gc
import sys

from lilong_firmware.waiting import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from board import Board


def tell(*words: object) -> None:
    """One line on stdout, at once."""
    sys.stdout.write(" ".join([str(word) for word in words]) + "\n")


class Stimuli:
    """Reads stdin for a board."""

    def __init__(self, board: "Board") -> None:
        self._board = board

    async def run(self) -> None:
        """Until the power goes, which ends the process."""
        stdin = sys.stdin.buffer
        while True:
            await readable(stdin)
            line = stdin.readline()
            words = line.decode().split()
            if not line or words == ["quit"]:
                sys.exit(0)
            try:
                self._obey(words)
            except ValueError as error:
                tell("error", str(error))

    def _obey(self, words: "list[str]") -> None:
        if len(words) == 3 and words[0] == "set":
            self._board.set(words[1], None if words[2] == "none" else int(words[2]))
        elif len(words) == 2 and words[0] == "at":
            self._board.at(int(words[1]))
        elif len(words) == 2 and words[0] == "stall":
            self._board.stall(int(words[1]))
        elif 2 <= len(words) <= 3 and words[0] == "obey":
            self._board.obey(int(words[1]), int(words[2]) if len(words) == 3 else None)
        elif words == ["mem"]:
            gc.collect()
            tell("mem", gc.mem_free(), gc.mem_alloc())
        else:
            raise ValueError("not understood: %s" % " ".join(words))
