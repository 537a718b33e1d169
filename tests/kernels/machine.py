"""A machine of the tests' own: a network namespace with addresses of every kind, and somebody who listens on them.

`python machine.py ADDRESS…` is that somebody: a line "TCP address" or "UDP address" for each who comes ("end" when he
sends that), an answer for him, and names for whoever asks 127.0.0.53.
"""

import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OUTSIDE, OUTSIDE_6 = "203.0.113.5", "2001:db8::5"
METADATA = "169.254.169.254"
RESOLVER = "127.0.0.53"
ADDRESSES = (OUTSIDE, OUTSIDE_6, METADATA, RESOLVER, "127.0.0.1", "::1", "fe80::5")
PORT = 7777
# A namespace of an ordinary account in which it may set up a network; what follows runs in it. The device makes this a
# machine that has a way out by IPv6.
COMMAND = (
    "unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-ec",
    f"""
    export PATH=$PATH:/usr/sbin:/sbin
    ip link set lo up
    ip address add {OUTSIDE}/32 dev lo
    ip address add {METADATA}/32 dev lo
    ip -6 address add {OUTSIDE_6}/128 dev lo nodad
    ip -6 address add fe80::5/64 dev lo nodad
    ip tuntap add dev way-out mode tap
    ip link set way-out up
    ip -6 route add default dev way-out
    mount --bind "$0" /etc/resolv.conf
    exec "$@"
    """,
)  # fmt: skip


@contextmanager
def listening(process: int) -> Iterator[subprocess.Popen]:
    """Listen in the network of this process."""
    enter = ["nsenter", "--preserve-credentials", f"--user=/proc/{process}/ns/user", f"--net=/proc/{process}/ns/net"]
    with subprocess.Popen(
        [*enter, sys.executable, __file__, *ADDRESSES], stdout=subprocess.PIPE, text=True
    ) as listener:
        assert listener.stdout.readline() == "listening\n"
        yield listener
        listener.kill()


def main() -> None:
    chooser = selectors.DefaultSelector()
    for address in sys.argv[1:]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        scope = (0, socket.if_nametoindex("lo")) if address.startswith("fe80") else ()
        tcp = socket.create_server((address, PORT, *scope), family=family)
        chooser.register(tcp, selectors.EVENT_READ, lambda tcp=tcp, address=address: welcome(tcp, address))
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((address, PORT, *scope))
        chooser.register(udp, selectors.EVENT_READ, lambda udp=udp, address=address: answer(udp, address))
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((RESOLVER, 53))
    chooser.register(names, selectors.EVENT_READ, lambda: tell_address(names))
    print("listening", flush=True)
    while True:
        for key, _ in chooser.select():
            key.data()


def welcome(tcp: socket.socket, address: str) -> None:
    connection, _ = tcp.accept()
    print("TCP", address, flush=True)
    connection.sendall(b"welcome")
    connection.close()


def answer(udp: socket.socket, address: str) -> None:
    said, sender = udp.recvfrom(1000)
    print("end" if said == b"end" else f"UDP {address}", flush=True)
    udp.sendto(b"welcome", sender)


def tell_address(names: socket.socket) -> None:
    """Every name is OUTSIDE (RFC 1035); nobody has an address of IPv6."""
    question, sender = names.recvfrom(1000)
    end = question.index(b"\0", 12) + 5
    wants_4 = question[end - 4 : end - 2] == b"\0\1"
    told = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(OUTSIDE) if wants_4 else b""
    head = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_4 else b"\0\0") + b"\0\0\0\0"
    names.sendto(head + question[12:end] + told, sender)


if __name__ == "__main__":
    main()
