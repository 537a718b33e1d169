"""Names of media types, as nbformat wants them in outputs."""

from collections.abc import Mapping


def proper(media_type: str, value: object) -> str:
    """The name under which nbformat keeps the value.

    An object must be called `…+json` there. Altair 6 calls its charts `application/vnd.vegalite.v6.json`, and files
    that Jupyter saved with them are not valid; with the proper name they are, and mean the same.
    """
    if media_type.endswith(".json") and isinstance(value, Mapping):
        return f"{media_type.removesuffix('.json')}+json"
    return media_type
