#!/usr/bin/env python3
"""Writes addresses.txt and networks.txt: what Python's ipaddress module makes of many texts.

addresses.txt: text TAB canonical text, or "-" when the text is no address.
networks.txt:  text TAB first TAB last TAB an address TAB whether it is inside.
Run it in this directory; the seed is fixed, so that a second run changes nothing.
"""
import ipaddress
import random

rng = random.Random(1981)


def canonical(text):
    if "%" in text:
        return "-"  # zones are not part of an address here
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "-"
    if address.version == 6 and address.ipv4_mapped:
        return "::ffff:" + str(address.ipv4_mapped)  # RFC 5952 section 5; Python before 3.13 writes hexadecimal
    return str(address)


def random_v6():
    groups = [rng.choice([0, 0, 0, 1, 0xFFFF, rng.getrandbits(16)]) for _ in range(8)]
    return ipaddress.IPv6Address(sum(g << (112 - 16 * i) for i, g in enumerate(groups)))


def mutate(text):
    chars = list(text)
    kind = rng.randrange(4)
    at = rng.randrange(len(chars))
    if kind == 0:
        del chars[at]
    elif kind == 1:
        chars.insert(at, rng.choice("0123456789abcdefABCDEF:.::g/ -"))
    elif kind == 2:
        chars[at] = rng.choice("0123456789abcdef:.::xyz%")
    else:
        other = rng.randrange(len(chars))
        chars[at], chars[other] = chars[other], chars[at]
    return "".join(chars)


texts = """0.0.0.0 255.255.255.255 1.2.3.4 256.1.1.1 01.2.3.4 1.2.3.04 1.2.3 1.2.3.4.5 1..2.3 .1.2.3 1.2.3. 1.2.3.4a 0x1.2.3.4
:: ::1 1:: ::: :::: 1::2::3 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1::3:4:5:6:7:8 1:2:3:4::5:6:7:8 1:2:3:4:5:6:7
1:2:3:4:5:6:7:8:9 ::ffff:1.2.3.4 ::1.2.3.4 64:ff9b::192.0.2.33 1.2.3.4:: ::1.2.3.4:5 ::1.2.3 ::01.2.3.4 2001:DB8::A
2001:0db8:0000:0000:0001:0000:0000:0001 2001:db8:0:1:1:1:1:1 1:0:0:2:0:0:0:3 0:0:1:0:0:1:0:0 12345:: g:: fe80::1%eth0
ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:1.2.3.4 :1 1: :1:2:3:4:5:6:7 - 1 : .""".split()
for _ in range(150):
    address = random_v6()
    texts += [str(address), address.exploded.upper(), mutate(str(address)), mutate(mutate(str(address)))]
for _ in range(100):
    address = str(ipaddress.IPv4Address(rng.getrandbits(32)))
    texts += [address, mutate(address)]

with open("addresses.txt", "w") as table:
    for text in dict.fromkeys(texts):
        if text and not any(c.isspace() for c in text):
            table.write(f"{text}\t{canonical(text)}\n")

with open("networks.txt", "w") as table:
    for _ in range(200):
        width = rng.choice([32, 128])
        kind = ipaddress.IPv4Address if width == 32 else ipaddress.IPv6Address
        prefix = rng.choice([0, 1, width, rng.randrange(width + 1), rng.randrange(width + 1)])
        address = kind(rng.getrandbits(width))
        network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
        other = kind(rng.choice([rng.getrandbits(width), int(network[0]) ^ 1 << rng.randrange(width)]))
        row = [f"{canonical(str(address))}/{prefix}", canonical(str(network[0])), canonical(str(network[-1]))]
        table.write("\t".join(row + [canonical(str(other)), str(other in network).lower()]) + "\n")
