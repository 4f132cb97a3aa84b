"""How addresses are written, and which machines are public."""

from __future__ import annotations

import pytest

from retrieval.addresses import is_public, parse_address
from retrieval.errors import SourceError


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("HTTP://Example.ORG:80", "http://example.org/"),
        ("https://example.org:443/a?b=c#d", "https://example.org/a?b=c"),
        ("https://example.org:8443/a/../b", "https://example.org:8443/a/../b"),
        ("https://me:pw@example.org./", "https://example.org/"),
        ("https://bücher.example/straße?q=文", "https://xn--bcher-kva.example/stra%C3%9Fe?q=%E6%96%87"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://example.org/a b", "https://example.org/a%20b"),
    ],
)
def test_an_address_has_one_form(given: str, canonical: str) -> None:
    assert str(parse_address(given)) == canonical
    assert str(parse_address(canonical)) == canonical


@pytest.mark.parametrize(
    "given", ["https://", "http://:80/", "http://x:99999/", "http://[x]/", "ftp://x/", "http:///x"]
)
def test_what_is_no_address_is_an_error(given: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_address(given)
    assert caught.value.hint


def test_a_password_is_in_no_message_and_no_repr() -> None:
    address = parse_address("https://me:secret@example.org/")
    assert address.authorization
    assert "secret" not in repr(address) + str(address)
    with pytest.raises(SourceError) as caught:
        parse_address("http://me:secret@[broken/")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_public_addresses(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2002:7f00:1::",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "2001:0:7f00:1::", "not an address",
    ],
)  # fmt: skip
def test_other_addresses(ip: str) -> None:
    assert not is_public(ip)
