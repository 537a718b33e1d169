"""A number that stands alone."""

import pytest

from apps_runtime.outputs import numbers
from apps_runtime.outputs.render import OutputContext, render_outputs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("42", "42"),
        ("2015", "2015"),
        ("-12345", "-12,345"),
        ("0.30000000000000004", "0.3"),
        ("np.float64(1234567.25)", "1,234,567"),
        ("np.int64(7)", "7"),
        ("Decimal('1.50')", "1.5"),
        ("1e-09", "1e-09"),
    ],
)
def test_what_is_a_number(text, words):
    assert numbers.read(text).words == words


@pytest.mark.parametrize("text", ["", "4 rows", "'42'", "[1]", "1e999", "nan", "np.float64(3", "3)", "1" * 70, "1\n2"])
def test_what_is_none(text):
    assert numbers.read(text) is None


def shown(density, output_type="execute_result"):
    output = {"output_type": output_type, "data": {"text/plain": "4426.5"}, "metadata": {}}
    return render_outputs([output], context=OutputContext(outputs_url="/o/", density=density))


def test_it_is_large_in_an_app_and_text_in_the_notebook():
    assert 'class="number-alone"' in shown("calm") and "4,426.5" in shown("calm")
    assert "number-alone" not in shown("compact") and ">4426.5</pre>" in shown("compact")


def test_what_is_printed_stays_text():
    stream = {"output_type": "stream", "name": "stdout", "text": "42\n"}
    assert "number-alone" not in render_outputs([stream], context=OutputContext(outputs_url="/o/"))
