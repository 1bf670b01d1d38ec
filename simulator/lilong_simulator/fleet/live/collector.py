"""Python's collector of cyclic garbage, which stands in the way of ten thousands of devices."""

import gc


def leave_alone() -> None:
    """Take what exists out of the collector's rounds: called when all devices are up, it saves a tenth of the CPU,
    and pauses of some 0.1 s for each 10,000 devices."""
    gc.collect()
    gc.freeze()
