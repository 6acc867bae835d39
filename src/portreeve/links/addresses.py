"""Which addresses belong to the internet, and which only to this machine or its networks.

Everything that asks an address somebody else wrote, webhooks as well as links, asks here first.
The ranges are written out from IANA's registries of special addresses, as what Python says of them
depends on its version.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SPECIAL_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a carrier's NAT
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local; clouds answer with their metadata here
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All IPv6 addresses of the internet that IANA has given out."""
_SPECIAL_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which wraps any IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 write them (RFC 6052)."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet.

    Of IPv6 addresses that wrap an IPv4 address only those of NAT64 may: a network without IPv4
    gives them for every old host. They are as public as what they wrap.

    >>> public = lambda text: is_public(ipaddress.ip_address(text))
    >>> public("93.184.216.34"), public("64:ff9b::5db8:d822"), public("2606:2800:220:1::1")
    (True, True, True)
    >>> public("169.254.169.254"), public("64:ff9b::a9fe:a9fe"), public("::ffff:93.184.216.34")
    (False, False, False)
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _UNICAST and not any(address in network for network in _SPECIAL_V6)


def is_this_machine(address: Address) -> bool:
    """Whether an address is this machine's own, whatever the network.

    >>> is_this_machine(ipaddress.ip_address("127.0.0.1"))
    True
    """
    return address.is_loopback


def as_address(host: str) -> Address | None:
    """The address that a host is written as; None for a name.

    >>> as_address("[::1]"), as_address("example.com")
    (IPv6Address('::1'), None)
    """
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
