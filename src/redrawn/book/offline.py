"""Keep a run off the network: what a chapter needs is here before it starts."""

import ipaddress
import sys


class NetworkError(OSError):
    """A chapter asked for the network; the message says for what."""


def enforce() -> None:
    """Refuse, in this process and for good, every connection that leaves this machine.

    Raises:
        NetworkError: from then on, where a connection or a name's address is asked for.

    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]  # an address that is no tuple is a socket of this machine
    else:
        return
    if not _is_here(host):
        raise NetworkError(
            f"a chapter runs without the network, and asked for {host}: register a dataset, "
            "and get it beforehand by `redrawn data fetch`"
        )


def _is_here(host) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False
