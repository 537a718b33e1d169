"""A pool of these tests' own: what they make it remember, others do not meet."""

import pytest

from projects import confined


@pytest.fixture(autouse=True, scope="module")
def fresh_pool():
    confined.stop()
    yield
    confined.stop()
