"""Formulas in MathML."""

import pytest
from lxml.etree import fromstring

from indexer.readers.text.mathml import formula_text, is_formula


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<mn>5</mn><mo>×</mo><msup><mn>10</mn><mn>9</mn></msup>", "5×10⁹"),
        ("<msup><mi>e</mi><mrow><mo>-</mo><mi>x</mi></mrow></msup>", "e^(-x)"),
        ("<msub><mi>CO</mi><mn>2</mn></msub>", "CO₂"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i²"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a+b)/2"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x+1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "³√x"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<munderover><mo>∑</mo><mn>1</mn><mi>n</mi></munderover><mi>x</mi>", "∑₁^nx"),
        ("<mover><mi>x</mi><mo>¯</mo></mover><munder><mi>lim</mi><mi>n</mi></munder>", "xlim_n"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable>", "1, 2"),
        ("<semantics><mi>x</mi><annotation>x_TeX</annotation></semantics>", "x"),
        ("<mi>f</mi><mo>\u2061</mo>\n <mspace/><mtext>si  vrai</mtext><!-- -->", "f  si vrai "),
        ("<msup><mi>x</mi></msup>", "x"),
    ],
)
def test_a_formula_keeps_what_it_says(formula: str, text: str) -> None:
    assert formula_text(fromstring(f"<math>{formula}</math>")) == text


@pytest.mark.parametrize("tag", ["<math/>", "<m:math xmlns:m='http://x'/>", "<math xmlns='http://x'/>"])
def test_a_formula_is_told_by_its_name(tag: str) -> None:
    assert is_formula(fromstring(tag))
    assert not is_formula(fromstring("<a/>"))
