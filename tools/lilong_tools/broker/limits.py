"""The number of sockets this process may hold."""

import contextlib
import resource


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one, for this process and those it starts; gives the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses "unlimited"
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            return hard
    return soft
