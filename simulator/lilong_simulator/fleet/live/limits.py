"""The file limit of this process, which every connection counts against."""

import contextlib
import os
import resource

SPARE = 64  # (ours) for what a run opens beside its connections


class FileLimitError(Exception):
    """So many connections do not fit under the file limit; the text says what to do."""


def need_files(connections: int) -> None:
    """Raise the soft limit to the hard one if need be; FileLimitError when that is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + len(os.listdir("/dev/fd")) + SPARE
    if soft != resource.RLIM_INFINITY and soft < needed:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses "unlimited"
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if now != resource.RLIM_INFINITY and now < needed:
            raise FileLimitError(
                f"{connections:,} connections need {needed:,} open files, and this process may have {now:,} (soft "
                f"limit {soft:,}, hard limit {_limit(hard)}): raise the hard limit by `ulimit -Hn {needed}` as root, "
                f"by LimitNOFILE={needed} in a systemd unit or by --ulimit nofile={needed} for a container; or use "
                "more processes"
            )


def _limit(number: int) -> str:
    return "none" if number == resource.RLIM_INFINITY else f"{number:,}"
