"""How a benchmark prints a figure beside its bar."""


def report(name: str, figure: float, bar: float, unit: str = "", *, at_least: bool = False) -> bool:
    """One line of the table; whether the figure keeps within its bar, or reaches one that is to be met `at_least`."""
    passed = figure >= bar if at_least else figure <= bar
    sign = ">=" if at_least else "<="
    print(f"{name:<66} {figure:7.2f}{unit:<3} {sign} {bar:.2f}{unit:<3} {'PASS' if passed else 'FAIL'}")
    return passed
