"""How figures are written: for a reader, not to the last bit."""
import math


def plain(value):
    """Three significant digits, thousands separated: 71.2, 1,204, 0.0231."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15:
        return f"{value:.3g}"
    digits = max(0, 2 - math.floor(math.log10(size) + 1e-9))
    return f"{value:,.{min(digits, 6)}f}"


def time(ns):
    """In the unit that leaves up to three digits before the point."""
    for unit, factor in (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        if abs(ns) < 1000 * factor or unit == "s":
            return f"{plain(ns / factor)} {unit}"
    return ""


def figure(value, unit):
    if unit == "ns":
        return time(value)
    if unit in ("", "ratio", "hit ratio"):
        return plain(value)
    return f"{plain(value)} {unit}"


def count(value):
    """Of an axis: 10k, 1M."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= factor:
            return f"{value / factor:g}{unit}"
    return f"{value:g}"
