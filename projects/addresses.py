"""E-mail addresses as values: two ways to write one address are one address."""

import unicodedata

import idna


def canonical(address: str) -> str:
    """The one way in which an address is kept, compared and written to; "" for what is none.

    Compatibility forms are undone (NFKC), case goes, and the domain is as DNS has it (IDNA, UTS 46), so that neither a
    full-width letter nor a Greek domain makes a second address. What looks alike and is not the same stays apart.
    """
    text = unicodedata.normalize("NFKC", address).strip()
    mailbox, at, domain = text.rpartition("@")
    if not (mailbox and at and domain):
        return ""
    try:
        domain = idna.encode(domain.rstrip("."), uts46=True, transitional=False).decode()
    except idna.IDNAError:
        # No name of today's DNS (an underscore, a bare host in a test); it is compared as it stands.
        domain = domain.rstrip(".")
    return f"{mailbox}@{domain}".lower()


def is_of(address: str, domains: list[str]) -> bool:
    """Whether a canonical address belongs to one of these domains, however they are written."""
    domain = address.rpartition("@")[2]
    return any(canonical(f"x@{each.strip().lstrip('@')}").rpartition("@")[2] == domain for each in domains)
