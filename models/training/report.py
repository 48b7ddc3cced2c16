"""Prints figures.json files as Markdown: python report.py FIGURES.json ..."""

import json
import sys

ROWS = ("greedy", "sampled", "majority of 5", "any of 5", "wait in greedy", "wait in sampled", "right after wait",
        "revise, true critique", "first error, injected", "first error, own drafts", "is it right, accuracy",
        "is it right, always yes", "is it right, AUROC", "step AUROC meanLogProbability",
        "step AUROC minProbability")


def cell(figure):
    if not figure:
        return "-"
    count = f"; {figure['n']}" if "n" in figure else ""
    if "right" in figure and "wrong" in figure:
        count = f"; {figure['right']}/{figure['wrong']}"
    if "found" in figure:
        count = (f"; found {figure['found']['value']} of {figure['found']['n']}, "
                 f"accepted {figure['accepted']['value']} of {figure['accepted']['n']}")
    return f"{figure['value']} ({figure['low']}-{figure['high']}{count})"


def main():
    columns = {}
    for path in sys.argv[1:]:
        for side, table in json.load(open(path)).items():
            columns[side] = table
    print("| | " + " | ".join(columns) + " |\n|---" * 1 + "|---" * len(columns) + "|")
    for row in ROWS:
        print(f"| {row} | " + " | ".join(cell(t.get(row)) for t in columns.values()) + " |")
    for start in ("sampled", "greedy"):
        name = f"rounds from {start}"
        print(f"| {name}: right after 0, 1, 2; fixed/broken | " + " | ".join(
            ", ".join(str(r["value"]) for r in t[name]["right"]) + f"; {t[name]['fixed']}/{t[name]['broken']}"
            if name in t else "-" for t in columns.values()) + " |")
    for group in ("by steps", "by family", "found by kind"):
        print(f"\n{group}")
        for side, table in columns.items():
            print(f"- {side}: " + ", ".join(f"{k} {v['value']} ({v['n']})" for k, v in table.get(group, {}).items()))
    print("\nentropy")
    for side, table in columns.items():
        print(f"- {side}: {table.get('entropy')}")


if __name__ == "__main__":
    main()
