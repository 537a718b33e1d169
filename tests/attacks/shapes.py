"""What no page of ours sends: texts, JSON values and bodies of every wrong kind."""

import json
from typing import Any

LONG = 10_000

# In addresses and forms; percent-encoded where a text can't say it.
TEXTS = [
    "", " ", "²", "١٢", "𝟙", "9" * 30, "-1", "0", "1.5", "1e999", "nan", "null", "true", "[]", "{}", '{"a":[1]}',
    "\x00", "a\x00b", "x" * LONG, "../..", "'\"<>&", "user:²", "user:" + "9" * 30, "group:99999999999",
    "invitation:" + "9" * 30, "2026-02-31", "9999-12-31", "0001-01-01", "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}", "٠" * 32, "\u202e\ufeff", "a@" + "b" * 300 + ".example", "@",
]  # fmt: skip
# Of these the ones that most is made of, for what is tried very often.
FEW = ["²", "9" * 30, "\x00", "[]", "-1", "9999-12-31", "x" * LONG, "00000000-0000-0000-0000-000000000000"]
ENCODED = ["%ED%A0%80", "%FF%FE", "%00", "%F0%9F"]

DEEP: Any = []
for _ in range(300):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e308, float("nan"), float("inf"), "", "²", "9" * 30, "\x00",
    "a\x00b", "\ud800", "x" * LONG, [], {}, [None], [[]], [{}], [1], ["\x00"], {"a": [1]}, {"": None},
    {"\x00": "\ud800"}, {"id": []}, [{"id": {}}], DEEP,
]  # fmt: skip

BODIES = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"true", b"NaN", b"-Infinity", b"\xff\xfe", b"\x00", b'"\\ud800"',
    b"[" * 100_000, b'{"a":' * 5_000, b"1" * 5_000,
    b'{"a":[1]}', b'{"\\u0000":"\\u0000"}', b'{"a":1e999}', b"[[[[]]]]", b"{}", b"[{}]",
    b"\xef\xbb\xbf{}",
]  # fmt: skip


def written(value: Any) -> str:
    """As JSON, with what JSON has no word for as Python writes it."""
    return json.dumps(value)
