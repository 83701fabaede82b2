"""Which addresses may be connected to."""

import pytest

from app.outgoing import why_refused


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses_are_let_pass(address):
    assert why_refused(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "fd00::1", "100.64.0.1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1",
    ],
)  # fmt: skip
def test_our_own_networks_are_only_for_hosts_that_somebody_wrote(address):
    assert "of this machine or of a private network" in why_refused(address)
    assert why_refused(address, {"nas.example"}) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.0.9", "fe80::1%eth0", "224.0.0.1", "ff02::1", "0.0.0.0", "::",  # noqa: S104
        "fd00:ec2::254",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_secrets_of_clouds_and_the_link_are_only_for_those_who_wrote_the_address_itself(address):
    assert "link-local, multicast or metadata" in why_refused(address, {"nas.example"})
    assert why_refused(address, {address.partition("%")[0]}) is None


@pytest.mark.parametrize("address", ["240.0.0.1", "198.18.0.1", "203.0.113.9", "2001:db8::1", "255.255.255.255"])
def test_reserved_addresses_are_refused(address):
    assert why_refused(address, {"nas.example"}) == f"{address} is a reserved address."


@pytest.mark.parametrize("address", ["", "localhost", "/run/socket", "127.1", "0x7f.1"])
def test_what_is_no_address_is_refused(address):
    assert why_refused(address, {address}) == f"{address} is no address that is known."
