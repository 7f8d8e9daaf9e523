"""One run at a time in a checkout: a lock that a killed run cannot leave behind."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from redrawn.book import paths


class LockedError(Exception):
    """Another run is under way in this checkout; the message says which process it is."""


@contextmanager
def held(owner: int) -> Iterator[int]:
    """Hold the checkout's lock; yield its file descriptor, for a child that shall hold it as well.

    The system frees the lock once the last process that has it open is gone, however it ended.

    Args:
        owner: the process that a second run is told of.

    Raises:
        LockedError: somebody holds it.

    """
    path = paths.build() / "jobs" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise LockedError(
                f"another run is under way here (process {file.read() or 'unknown'}); "
                "wait until it has ended, or stop it"
            ) from error
        file.truncate(0)
        file.write(str(owner))
        file.flush()
        yield file.fileno()
