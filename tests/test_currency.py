"""A second currency, and money as people read it."""

from decimal import Decimal

import pytest

from app.currency import Currency, money

RUPEES = Currency.read("INR:88.86")


def test_the_sums_of_the_first_project_are_written_as_they_were_there():
    spent, average = Decimal("0.0100"), Decimal("0.0004")
    assert (money(spent), money(RUPEES.of(spent), "₹", 2)) == ("$0.0100", "₹0.89")
    assert (money(average), money(RUPEES.of(average), "₹")) == ("$0.0004", "₹0.0355")
    assert RUPEES.as_rate == "1 USD = ₹88.86"


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("0", "$0.0000"),
        ("0.0001", "$0.0001"),
        ("0.0000994", "$0.000099"),
        ("0.000000001", "$0.000000001"),
        ("1234.5", "$1,234.5000"),
    ],
)
def test_only_nothing_is_written_as_nought(amount, told):
    assert money(Decimal(amount)) == told


@pytest.mark.parametrize(
    ("text", "shown", "rate"),
    [
        ("inr : 88.860", "INR:88.86", "1 USD = ₹88.86"),
        ("XAF:600", "XAF:600", "1 USD = XAF\N{NO-BREAK SPACE}600.00"),
        ("KWD:0.307", "KWD:0.307", "1 USD = KWD\N{NO-BREAK SPACE}0.307"),
    ],
)
def test_a_currency_is_read_in_several_forms_and_shown_in_one(text, shown, rate):
    assert (str(Currency.read(text)), Currency.read(text).as_rate) == (shown, rate)
