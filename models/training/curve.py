"""Draws the loss over the trained tokens: python curve.py LOSS.jsonl OUT.svg"""

import json
import math
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 320, 56, 40, 16


def main():
    points = {}
    for line in open(sys.argv[1]):
        row = json.loads(line)
        points[row["step"]] = row  # a step repeated after a restart counts once
    rows = [points[s] for s in sorted(points)]
    last = max(r["tokens"] for r in rows) / 1e6
    low, high = math.log10(0.03), math.log10(4)

    def x(tokens):
        return LEFT + (WIDTH - LEFT - 12) * tokens / 1e6 / last

    def y(loss):
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - math.log10(loss)) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           'font-size="11" fill="#555">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for loss in (0.03, 0.1, 0.3, 1, 3):
        out.append(f'<path d="M{LEFT} {y(loss):.1f}H{WIDTH - 12}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{y(loss) + 4:.1f}" text-anchor="end">{loss}</text>')
    for tokens in range(0, int(last) + 1, 5):
        out.append(f'<text x="{x(tokens * 1e6):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tokens}M</text>')
    for piece in dict.fromkeys(r["piece"] for r in rows):
        here = [r for r in rows if r["piece"] == piece]
        colour = {"a": "#1f77b4", "b": "#d62728", "c": "#2ca02c", "d": "#9467bd"}.get(piece, "#333")
        path = " ".join(f"{x(r['tokens']):.1f},{y(r['loss']):.1f}" for r in here)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
                   f'<text x="{x(here[0]["tokens"]) + 4:.1f}" y="{TOP + 10}" fill="{colour}">piece {piece}</text>')
    out.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">weighted loss (nats, log scale) over '
               'trained tokens, padding not counted</text></svg>')
    with open(sys.argv[2], "w") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
