#!/usr/bin/env python3
"""Makes the report of a benchmark run: one page of HTML that needs no network.

usage: report.py results.json [instructions.txt] >report.html
"""
import json
import sys
from html import escape
from pathlib import Path

import charts
from figures import figure, plain, time

HERE = Path(__file__).resolve().parent
STATES = (("met", "targets met"), ("short", "short of target"), ("printed", "without a target"),
          ("not built yet", "not built yet"), ("absent", "absent"), ("failed", "failed"))


def state_class(state):
    return state.split()[0]


def target_text(row):
    if "target" not in row:
        return ""
    sign = "≤" if row["target"]["is"] == "at most" else "≥"
    value = row["target"]["value"]
    return f"{sign} " + (time(value) if row["unit"] == "ns" else f"{value:g} {row['unit']}".rstrip())


def distance(row):
    """How far from the target, as a factor: above 1 is short. For sorting; '' without one."""
    if "target" not in row or not row.get("figure") or not row["target"]["value"]:
        return ""
    factor = row["figure"] / row["target"]["value"]
    return f"{factor if row['target']['is'] == 'at most' else 1 / factor:.6f}"


def strip(series, low, high):
    """The rounds as dots on a line, so that their spread is seen."""
    span = (high - low) or 1
    dots = "".join(f'<circle cx="{4 + (value - low) / span * 160:.1f}" cy="8" r="3" fill-opacity=".55" '
                   f'style="fill:{charts.color(0, series["name"])}"/>' for value in series["rounds"])
    return (f'<svg class="strip" viewBox="0 0 170 16" role="img" aria-label="{len(series["rounds"])} rounds">'
            f'<line class="grid" x1="4" x2="164" y1="8" y2="8"/>{dots}</svg>')


def series_table(row):
    if not row["series"]:
        return ""
    lines = []
    for series in sorted(row["series"], key=lambda one: bool(one.get("absent"))):
        if series.get("absent"):
            lines.append(f'<tr><td>{escape(series["name"])}</td><td colspan="4"><span class="state absent">absent</span> '
                         f'{escape(series["absent"])}</td></tr>')
            continue
        others = [value for other in row["series"] if other["unit"] == series["unit"] for value in other["rounds"]]
        lines.append(f'<tr><td>{escape(series["name"])}</td>'
                     f'<td class="number">{figure(series["best"], series["unit"])}</td>'
                     f'<td>{strip(series, min(others), max(others))}</td>'
                     f'<td class="number">{len(series["rounds"])}</td><td class="soft">{escape(series.get("note", ""))}</td></tr>')
    return ('<table><thead><tr><th scope="col">who</th><th scope="col" class="number">best</th><th scope="col">rounds</th>'
            '<th scope="col" class="number">n</th><th scope="col">note</th></tr></thead><tbody>' + "".join(lines) +
            "</tbody></table>")


def table_row(index, row):
    state = row["state"]
    shown = figure(row["figure"], row["unit"]) if "figure" in row else "–"
    reason = f'<p>{escape(row["reason"])}</p>' if row.get("reason") else ""
    notes = f'<p class="note">{escape("; ".join(row["notes"]))}</p>' if row["notes"] else ""
    name = f'{row["id"]} {row["name"]}'
    return (f'<tr class="row" data-order="{index}" data-name="{escape(row["name"], quote=True)}" data-state="{state}" '
            f'data-figure="{row.get("figure", "")}" data-distance="{distance(row)}">'
            f'<td>{escape(row["id"])}</td>'
            f'<td><button class="open" aria-expanded="false" aria-controls="detail-{index}">{escape(row["name"])}</button>'
            f'<div class="what">{escape(row["what"])}</div></td>'
            f'<td class="number figure">{shown}</td><td class="number">{target_text(row)}</td>'
            f'<td><span class="state {state_class(state)}">{state}</span></td></tr>'
            f'<tr class="detail" id="detail-{index}" hidden><td colspan="5" aria-label="{escape(name, quote=True)}">'
            f'{reason}{series_table(row)}{notes}</td></tr>')


def table(rows):
    head = "".join(f'<th scope="col" data-key="{key}"{numeric}><button>{title}</button></th>' for key, title, numeric in (
        ("order", "#", " data-numeric"), ("name", "measure", ""), ("figure", "figure", ' data-numeric class="number"'),
        ("distance", "target", ' data-numeric class="number"'), ("state", "state", "")))
    return (f'<div class="tools"><input id="filter" type="search" placeholder="Filter: LMDB, YCSB, P13 …" '
            f'aria-label="Filter the rows"></div><p class="note" id="shown" role="status"></p><div class="scroll">'
            f'<table id="rows"><thead><tr>{head}</tr></thead><tbody>' +
            "".join(table_row(i, row) for i, row in enumerate(rows)) + "</tbody></table></div>")


def tiles(rows):
    parts = []
    for state, text in STATES:
        number = sum(row["state"] == state for row in rows)
        if number:
            parts.append(f'<button data-state="{state}" aria-pressed="false"><b>{number}</b>{text}</button>')
    return f'<div class="tiles" role="group" aria-label="Show rows by state">{"".join(parts)}</div>'


def headline(rows):
    """The two pictures that say the most: one read by each way, and one from a bare map."""
    panels = []
    for ident, title in (("P2", "One SELECT by primary key"), ("P1", "One hot hit below the public interface"),
                         ("P6", "One hit in the store"), ("P8", "One UPDATE, committed")):
        row = next((row for row in rows if row["id"] == ident and any(one["unit"] == "ns" for one in row["series"])), None)
        if row is not None:
            panels.append(f'<section class="panel"><h3>{title}</h3><p class="note">{escape(row["name"])}</p>'
                          f'{charts.bars(row["series"], "ns")}</section>')
    return f'<div class="panels">{"".join(panels)}</div>' if panels else ""


def curves(results):
    panels = [f'<section class="panel"><h3>{escape(curve["title"])}</h3>{drawn}</section>'
              for curve in results["curves"] if (drawn := charts.lines(curve))]
    return f'<h2>Curves</h2><div class="panels">{"".join(panels)}</div>' if panels else ""


def peers(results):
    lines = []
    for peer in sorted(results["peers"], key=lambda one: one["name"].lower()):
        said = (f'<span class="state absent">absent</span> {escape(peer["absent"])}' if peer["absent"]
                else escape(peer["settings"]))
        lines.append(f'<tr><td>{escape(peer["name"])}</td><td>{escape(peer["version"])}</td><td>{said}</td></tr>')
    return ('<h2>Peers</h2><div class="scroll"><table><thead><tr><th scope="col">peer</th><th scope="col">version</th>'
            '<th scope="col">how it is used</th></tr></thead><tbody>' + "".join(lines) + "</tbody></table></div>")


def machine(results):
    about = results["machine"]
    facts = [("processor", f'{about["processor"]}, {about["cores"]} cores'), ("memory", f'{about["memory_gib"]:.0f} GiB'),
             ("system", f'{about["system"]}, Linux {about["kernel"]}'), ("compiler", about["compiler"]),
             ("build", about["build"]), ("run", f'{results["size"]}, {about["at"]}'),
             ("load at the end", plain(about["load_before"]))]
    return '<h2>Machine</h2><dl class="panel">' + "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts) + "</dl>"


def page(results, instructions):
    rows = results["rows"]
    about = results["machine"]
    counted = (f'<h2>Instructions</h2><div class="panel"><p class="note">Counted by callgrind: no noise moves them.</p>'
               f'<pre>{escape(instructions)}</pre></div>' if instructions.strip() else "")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tern: benchmarks</title>
<link rel="icon" href="data:,">
<style>{(HERE / "report.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<header><div><h1>tern, measured</h1>
<p class="soft">{escape(about["processor"])}, {about["cores"]} cores · {escape(about["at"])} · {results["size"]} run ·
contenders take turns, best round counts, all rounds kept</p></div>
<button id="theme" aria-label="Switch between light and dark">Dark</button></header>
{tiles(rows)}
<h2>At a glance</h2>
{headline(rows)}
<h2>The table</h2>
{table(rows)}
{curves(results)}
{counted}
{peers(results)}
{machine(results)}
</main>
<script>{(HERE / "report.js").read_text(encoding="utf-8")}</script>
</body>
</html>
"""


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip().splitlines()[-1], file=sys.stderr)
        return 2
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    counted = Path(sys.argv[2]) if len(sys.argv) == 3 else None
    instructions = counted.read_text(encoding="utf-8") if counted is not None and counted.exists() else ""
    sys.stdout.write(page(results, instructions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
