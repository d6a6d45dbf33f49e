"""What of an address may be stored and shown, and which hosts nobody is sent to."""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache
from typing import Final, NamedTuple

METADATA_HOSTS: Final = frozenset({
    "metadata", "metadata.google.internal", "100.100.100.200", "168.63.129.16", "fd00:ec2::254",
})  # fmt: skip
"""Hosts beside the link-local ones where a machine in a cloud hands out its own keys."""
_HOST = re.compile(
    r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?|localhost|\[[0-9a-f:.%]+\])(?::[0-9]{1,5})?",
    re.IGNORECASE,
)
"""What is believed to be a host where an `@` comes later in the path."""
_IN_PATH = re.compile(r";[^/;=]*=[^/;]*")
"""A parameter of a part of a path, as `;jsessionid=…`."""


class Address(NamedTuple):
    """The parts of an address."""

    scheme: str
    """Before `://`."""
    user: str
    """Name, password or token before the host; empty when there is none."""
    place: str
    """Host and path: all that is stored and shown."""
    query: str
    """What stands behind the path: the query, the fragment and parameters in the path."""

    @property
    def plain(self) -> str:
        """The address with nothing secret in it: scheme, host and path."""
        return f"{self.scheme}://{self.place}"


def split_address(address: str) -> Address:
    """The parts of an address, in time linear in its length.

    A password may hold an `@` or a `/`, against the rules: all before the last `@` is taken for
    name and password, unless a host comes before.

    Parameters
    ----------
    address
        Any text with `://` in it.

    Examples
    --------
    >>> split_address("https://me:p@ss/word@host/a.tif?sig=b#c").plain
    'https://host/a.tif'
    >>> split_address("https://host.org/a@2.tif").plain
    'https://host.org/a@2.tif'
    """
    scheme, _, rest = address.partition("://")
    end = min((at for at in (rest.find("?"), rest.find("#")) if at >= 0), default=len(rest))
    place, query = rest[:end], rest[end:]
    host = place.partition("/")[0]
    user = ""
    if "@" in host:
        later = place.rfind("@") if not _HOST.fullmatch(host.rpartition("@")[2]) else len(host)
        cut = place.rfind("@", 0, max(later + 1, len(host)))
        user, place = place[:cut], place[cut + 1 :]
    elif "@" in place and not _is_host(host, scheme):
        user, _, place = place.rpartition("@")
    if ";" in place:
        query = "".join(_IN_PATH.findall(place)) + query
        place = _IN_PATH.sub("", place)
    return Address(scheme, user, place, query)


def _is_host(host: str, scheme: str) -> bool:
    is_bucket = scheme not in ("http", "https") and ":" not in host
    return is_bucket or _HOST.fullmatch(host) is not None


def plain_address(address: str) -> str:
    """Scheme, host and path of an address; what is none stays as it is.

    Examples
    --------
    >>> plain_address("https://TOKEN@host/a.tif?key=b"), plain_address("/data/a.tif")
    ('https://host/a.tif', '/data/a.tif')
    """
    return split_address(address).plain if "://" in address else address


@lru_cache(maxsize=256)
def is_metadata_host(host: str) -> bool:
    """Whether machines in a cloud find their own keys at a host, however it is written.

    Examples
    --------
    >>> is_metadata_host("169.254.169.254"), is_metadata_host("0xA9FEA9FE")
    (True, True)
    """
    plain = host.strip("[]").rstrip(".").split("%")[0].lower()
    if plain in METADATA_HOSTS:
        return True
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        try:  # 2852039166 and 0xA9FEA9FE are addresses, too
            address = ipaddress.ip_address(socket.inet_aton(plain))
        except (OSError, ValueError):
            return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_link_local) or str(mapped) in METADATA_HOSTS
