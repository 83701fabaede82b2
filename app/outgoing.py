"""The guard of outgoing connections: which addresses may be connected to, decided at the connection itself.

What is checked is the address that a socket is given, whatever name, redirect or proxy led to it: a name that answers
with another address at the next question gains nothing. Written for a process of its own, whose every connection it
sees.
"""

import ipaddress
import socket
import sys
from collections.abc import Callable, Collection
from typing import Any

_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"))
)
"""Where clouds tell a machine its own secrets; that of Azure is a public address."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_OWN_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    )
)
"""The machine itself and private networks (RFC 1918, 4193), and those of carriers and VPNs (RFC 6598)."""
_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(OSError):
    """The guard lets no connection be made; it says why in one sentence."""


def why_refused(address: str, written: Collection[str] = ()) -> str | None:
    """Why no connection may be made to an IP address, as a sentence; None where it may be.

    `written` are what the operator wrote that leads to it, host names or addresses: then it may be in one of our own
    networks. Link-local, multicast and reserved addresses, and those that tell a cloud's secrets, have to be written
    themselves.
    """
    try:
        ip = _meant(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return f"{address} is no address that is known."
    if any(_is_address(text, ip) for text in written):
        return None
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return f"{address} is a link-local, multicast or metadata address."
    if any(ip in network for network in _OWN_NETWORKS if network.version == ip.version):
        return None if written else f"{address} is an address of this machine or of a private network."
    return None if ip.is_global else f"{address} is a reserved address."


def _is_address(text: str, ip: IPAddress) -> bool:
    try:
        return _meant(ipaddress.ip_address(text)) == ip
    except ValueError:
        return False


def _meant(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address stands for, by mapping, 6to4 or NAT64; any other as it is."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def guard_this_process(written: Collection[str], refused: Callable[[str], None]) -> None:
    """From now on, lets this process connect to nothing but what `why_refused` lets pass. It cannot be taken back.

    `written` are the hosts that the operator wrote, in lower case. `refused` is told each sentence of a refusal, on the
    thread that wanted to connect, which gets `Refused`.
    """
    led_to: dict[str, set[str]] = {}  # an address, and the written hosts that it was found by
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        found = resolve(host, *more, **named)
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if (name := name.lower().rstrip(".")) in written:
            for *_, address in found:
                led_to.setdefault(str(address[0]), set()).add(name)
        return found

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _CONNECTS or arguments[-1] is None:  # of sendmsg: on a socket that is connected
            return
        address = arguments[-1]
        host = str(address[0]) if isinstance(address, tuple) else "a socket of this machine"
        if (why := why_refused(host, led_to.get(host, ()))) is not None:
            refused(why)
            raise Refused(why)

    socket.getaddrinfo = getaddrinfo
    sys.addaudithook(look)
