"""A second currency that costs are told in, beside US dollars, and how amounts of money are written for people.

Owns the reading of `INGEST_CURRENCY`. It fetches no rate: the one that is set holds until it is set anew.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from app.descriptions import in_usd

# As CLDR writes them in English (its data of locale `en`); every other currency is written by its code.
_SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "₱",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
}
_WRITTEN = re.compile(r"\s*([A-Za-z]{3})\s*:\s*(\d{1,9}(?:\.\d{1,9})?)\s*", re.ASCII)
_HOW = "write three letters, a colon and what one US dollar costs, as in INR:88.86"
DOLLAR = "$"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by its code of ISO 4217, and how many units of it one US dollar is."""

    code: str
    rate: Decimal

    @classmethod
    def read(cls, text: str) -> Self:
        """The currency that a text such as `INR:88.86` names. Raises ValueError with a sentence."""
        found = _WRITTEN.fullmatch(text)
        if found is None or not (rate := Decimal(found[2])):
            raise ValueError(_HOW)
        if (code := found[1].upper()) == "USD":
            raise ValueError(f"costs are told in US dollars already: {_HOW}")
        return cls(code, rate)

    @property
    def symbol(self) -> str:
        """What stands before an amount: `₹`, or the code where there is none."""
        return _SYMBOLS.get(self.code, self.code)

    @property
    def as_rate(self) -> str:
        """The rate for people: `1 USD = ₹88.86`."""
        places = max(2, -int(self.rate.normalize().as_tuple().exponent))
        return f"1 USD = {money(self.rate, self.symbol, places)}"

    def of(self, usd: Decimal | float) -> Decimal:
        """An amount of US dollars in this currency, with nine decimals."""
        return in_usd(in_usd(usd) * self.rate)

    def __str__(self) -> str:
        return f"{self.code}:{self.rate.normalize():f}"


def money(amount: Decimal | float, symbol: str = DOLLAR, places: int = 4) -> str:
    """An amount for people: `$0.0100`, `₹0.89`, `CHF 1.20`; one too small for so many places has two digits that count.

    Only nothing is written as 0. A code is kept on one line with its amount.
    """
    exact = in_usd(amount)
    if exact and exact.copy_abs() < Decimal(1).scaleb(-places):
        places = min(1 - exact.adjusted(), 9)
    sign = f"{symbol}\N{NO-BREAK SPACE}" if symbol.isalpha() else symbol
    return f"{sign}{exact:,.{places}f}"
