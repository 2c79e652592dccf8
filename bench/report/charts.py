"""Small charts as inline SVG: lines on (log) axes, and bars. Colours are CSS variables, so that they follow the theme;
every mark has a title, and every line its name at its end, so that no colour has to be told from another."""
import math
from html import escape

from figures import count, figure, plain, time

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 16, 48


def color(index, name):
    """tern's lines take the first colours, whatever stands beside them."""
    return f"var(--{'tern' if name.startswith('tern') else 'peer'}-{index % 4})"


def colors(names):
    seen = {True: 0, False: 0}
    result = {}
    for name in names:
        ours = name.startswith("tern")
        result[name] = color(seen[ours], name)
        seen[ours] += 1
    return result


class Axis:
    def __init__(self, values, log, start, end, from_zero=False):
        self.log = log and min(values) > 0
        self.low, self.high = min(values), max(values)
        if not self.log and from_zero:
            self.low = 0
        if self.log:
            self.low = 10 ** math.floor(math.log10(self.low) + 1e-9)
            self.high = 10 ** math.ceil(math.log10(self.high) - 1e-9)
        if self.high <= self.low:
            self.high = self.low * 10 if self.log else self.low + 1
        self.start, self.end = start, end

    def at(self, value):
        if self.log:
            share = math.log10(value / self.low) / math.log10(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        if self.log:
            decades = round(math.log10(self.high / self.low))
            return [self.low * 10 ** i for i in range(decades + 1)]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        while (self.high - self.low) / step > 6:
            step *= 2 if (self.high - self.low) / step <= 12 else 5
        first = math.ceil(self.low / step - 1e-9)
        return [step * i for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def spread(positions, least):
    """Moves labels apart where they would overlap; returns positions in the same order."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    placed = list(positions)
    for _ in range(50):
        moved = False
        for above, below in zip(order, order[1:]):
            gap = placed[below] - placed[above]
            if gap < least - 0.01:
                placed[above] -= (least - gap) / 2
                placed[below] += (least - gap) / 2
                moved = True
        if not moved:
            break
    return placed


def lines(curve):
    drawn = [line for line in curve["lines"] if line["points"]]
    if not drawn:
        return ""
    xs = [x for line in drawn for x, _ in line["points"]]
    ys = [y for line in drawn for _, y in line["points"]]
    x_axis = Axis(xs, curve["log_x"], LEFT, WIDTH - RIGHT)
    y_axis = Axis(ys, curve["log_y"], HEIGHT - BOTTOM, TOP, from_zero=True)
    as_y = time if curve["y"] == "ns" else plain
    palette = colors([line["name"] for line in drawn])
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(curve["title"], quote=True)}">']
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                     f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{as_y(tick)}</text>')
    for tick in x_axis.ticks():
        x = x_axis.at(tick)
        parts.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{count(tick)}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>'
                 f'<text class="label" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
                 f'{escape(curve["x"])}</text>')
    ends = spread([y_axis.at(line["points"][-1][1]) for line in drawn], 15)
    for line, label_y in zip(drawn, ends):
        tone = palette[line["name"]]
        points = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in line["points"])
        ours = "tern" if line["name"].startswith("tern") else "peer"
        parts.append(f'<polyline class="{ours}" points="{points}" style="stroke:{tone}"/>')
        if len(line["points"]) <= 30:
            for x, y in line["points"]:
                title = f'{line["name"]}: {as_y(y)} at {count(x)} {curve["x"]}'
                parts.append(f'<circle cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="4" style="fill:{tone}">'
                             f'<title>{escape(title)}</title></circle>')
        last = x_axis.at(line["points"][-1][0])
        parts.append(f'<text class="name {ours}" x="{last + 10:.1f}" y="{label_y + 4:.1f}">{escape(line["name"])}</text>')
    parts.append("</svg>")
    return "".join(parts)


def bars(series, unit):
    """One bar for each, on a log scale where they lie far apart."""
    shown = [one for one in series if one.get("best", 0) > 0]
    if not shown:
        return ""
    values = [one["best"] for one in shown]
    log = max(values) / min(values) > 30
    wide, left, right, step = 500, 235, 72, 25
    height = step * len(shown) + 6
    low = 10 ** math.floor(math.log10(min(values)) - 0.01)

    def width(value):
        share = math.log10(value / low) / math.log10(max(values) / low) if log else value / max(values)
        return share * (wide - right - left)

    label = "; ".join(f'{one["name"]} {figure(one["best"], unit)}' for one in shown)
    parts = [f'<svg viewBox="0 0 {wide} {height}" role="img" aria-label="{escape(label, quote=True)}">']
    for i, one in enumerate(shown):
        y = i * step + 4
        ours = "tern" if one["name"].startswith("tern") else "peer"
        parts.append(f'<text class="name {ours}" x="{left - 10}" y="{y + 14}" text-anchor="end">{escape(one["name"])}</text>'
                     f'<rect x="{left}" y="{y}" width="{max(width(one["best"]), 2):.1f}" height="{step - 8}" rx="3" '
                     f'class="bar {ours}"/>'
                     f'<text class="value" x="{left + width(one["best"]) + 8:.1f}" y="{y + 14}">'
                     f'{figure(one["best"], unit)}</text>')
    parts.append("</svg>")
    note = '<p class="note">A logarithmic scale.</p>' if log else ""
    return "".join(parts) + note
