#!/usr/bin/env python3
"""Works out the answer of every problem in problems/ again, and compares.

Each problem has an expression of its own below, which searches or counts rather than repeats the
reasoning; the programs to be read are run. Prints what disagrees; exit code 1 when anything does.
"""

import contextlib
import io
import json
import pathlib
import sys
from fractions import Fraction
from itertools import combinations, permutations, product
from math import sqrt


def only(values):
    """The one value that fits; a problem with none or with several is a bad problem."""
    found = set(values)
    if len(found) != 1:
        raise ValueError(f"{len(found)} answers fit")
    return found.pop()


CHECKS = {
    "arithmetic-01": lambda: 36 + 4 * 7 - 19,
    "arithmetic-02": lambda: 112 - 14 * 3 - 9 * 4,
    "arithmetic-03": lambda: 90 - (48 + (48 - 17)),
    "arithmetic-04": lambda: 6 * 12 // 2 - 21,
    "arithmetic-05": lambda: (85 - 13) // 8,
    "arithmetic-06": lambda: 3 * 42 + 2 * 55,
    "arithmetic-07": lambda: 50 - (5 * 3 + 2 * 11),
    "arithmetic-08": lambda: 7 * 9 - 25,
    "arithmetic-09": lambda: 29 + (29 + 8),
    "arithmetic-10": lambda: (4 * 15 - 12) // 6,
    "arithmetic-11": lambda: 20 + 9 * 8 - 33,
    "arithmetic-12": lambda: (23 - 9 + 14) // 2,
    "arithmetic-13": lambda: Fraction(80) * Fraction(75, 100) * Fraction(110, 100),
    "arithmetic-14": lambda: Fraction(6) / Fraction(3, 8),
    "arithmetic-15": lambda: 18 * 5 - (11 + 25 + 17 + 20),
    "arithmetic-16": lambda: Fraction(1, 2) + Fraction(1, 3) - Fraction(1, 4),
    "everyday-01": lambda: (15 * 3) + 20,
    "everyday-02": lambda: (9 * 4) // 4,
    "everyday-03": lambda: (48 // 6) * 2,
    "everyday-04": lambda: 35 + (35 - 7),
    "everyday-05": lambda: (3 * 6) - 3,
    "everyday-06": lambda: (91 + 2) + 18,
    "everyday-07": lambda: (5 * 28) * 5,
    "everyday-08": lambda: (36 - 9) + 4,
    "everyday-09": lambda: (10 + 5) - 8,
    "everyday-10": lambda: (68 - (68 // 2)) + 14,
    "everyday-11": lambda: 84 - (79 - (6 * 5)),
    "everyday-12": lambda: ((4 * 10) // 2) * 5,
    "everyday-13": lambda: (5 * 2) - (2 * 3),
    "everyday-14": lambda: (113 + (4 * 9)) - 11,
    "everyday-15": lambda: (2 + (2 * 3)) - 3,
    "everyday-16": lambda: ((62 + (62 - 14)) + 4) * 2,
    "everyday-17": lambda: ((16 * 3) + (28 * 3)) - 2,
    "everyday-18": lambda: ((7 + (10 * 8)) - 18) - 19,
    "everyday-19": lambda: ((46 + (46 + 20)) + 20) // 3,
    "everyday-20": lambda: (((3 * 3) + 2) - 7) * 3,
    "everyday-21": lambda: ((21 + 3) - 6) - (((21 + 3) - 6) // 2),
    "everyday-22": lambda: (((85 + (85 - 21)) * 6) - 19) // 7,
    "everyday-23": lambda: (((4 + (4 + 39)) * 2) - 35) * 3,
    "everyday-24": lambda: (((65 + (65 - 14)) * 5) + 4) // 4,
    "algebra-01": lambda: only(x for x in range(-99, 100) if 3 * x + 7 == 31),
    "algebra-02": lambda: only(y for y in range(-99, 100) if 5 * (y - 2) == 3 * y + 8),
    "algebra-03": lambda: only(a for a in range(100) for b in range(100) if a + b == 41 and a - b == 13),
    "algebra-04": lambda: max(x for x in range(-99, 100) if x * x - 11 * x + 24 == 0),
    "algebra-05": lambda: round(((3 + sqrt(5)) / 2) ** 2 + (2 / (3 + sqrt(5))) ** 2, 9),
    "algebra-06": lambda: only(d for d in range(100) if 4 * d + 6 == 3 * (d + 6)),
    "algebra-07": lambda: (lambda f: f(-2) - f(2))(lambda x: 2 * x * x - 3 * x + 1),
    "algebra-08": lambda: only(a + b for a in range(-50, 50) for b in range(-50, 50) if 2 * a + 3 * b == 16 and a - b == 3),
    "algebra-09": lambda: only(k for k in range(-100, 0) if k * k - 4 * 49 == 0),
    "algebra-10": lambda: only(n for n in range(1, 99, 2) if n + n + 2 + n + 4 == 93),
    "algebra-11": lambda: only(2 * (w + w + 5) for w in range(1, 99) if w * (w + 5) == 84),
    "algebra-12": lambda: only(n for n in range(1, 40) if 2 ** (n + 3) == 4 ** (n - 1)),
    "algebra-13": lambda: only(a + 19 * d for a in range(-99, 99) for d in range(-99, 99) if a + 2 * d == 10 and a + 6 * d == 26),
    "algebra-14": lambda: only(j for j in range(50) if (6 + j) * 2 == 16 + j),
    "logic-01": lambda: only(order[0] for order in permutations(['Ada', 'Bo', 'Cy']) if order[0] != 'Ada' and order.index('Bo') > order.index('Ada')),
    "logic-02": lambda: only({True: 'knight', False: 'knave'}[p] for p in (True, False) for q in (True, False) if p == (not p and not q)),
    "logic-03": lambda: only('Rae' if r else 'Sol' for r in (True, False) for s in (True, False) if r == (not s) and s == (r == s)),
    "logic-04": lambda: only(g for r, b, g in permutations(['ring', 'coin', 'key']) if r != 'ring' and b not in ('ring', 'key')),
    "logic-05": lambda: 'yes' if any((not g or p) and not (p and d) and d and g for g in (0, 1) for p in (0, 1) for d in (0, 1)) else 'no',
    "logic-06": lambda: (lambda D: only(D[t] for t in range(7) if t != 0 and (D[(t + 1) % 7] not in ('Friday', 'Saturday') or D[t] == 'Thursday') and (D[t] == 'Thursday') != (D[(t + 1) % 7] == 'Saturday')))(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']),
    "logic-07": lambda: only(o.index('X') + 1 for o in permutations('UVWX') if abs(o.index('U') - o.index('V')) == 1 and o[0] == 'W' and o.index('V') not in (0, 3) and o.index('X') > o.index('U') and o.index('V') < o.index('U')),
    "logic-08": lambda: next(n for n in range(1, 16) if all(max(b, w, n - b - w) >= 2 for b in range(6) for w in range(8) if 0 <= n - b - w <= 3)),
    "logic-09": lambda: only(t.index(True) + 1 for t in product((True, False), repeat=3) if sum(t) == 1 and t[0] == (not t[1]) and t[1] == t[2] and t[2] == (not t[0] and not t[1])),
    "logic-10": lambda: only(o.index('n') + 1 for o in permutations('andcp') if o.index('n') == o.index('a') + 1 and o[4] == 'd' and o.index('p') < o.index('c') < o.index('a')),
    "logic-11": lambda: (lambda s: 'yes' if all(s) else 'no' if not any(s) else 'unknown')([r for r, t, b in product((0, 1), repeat=3) if r <= t and t <= b and not b]),
    "logic-12": lambda: Fraction(65, 60 + 5),
    "logic-13": lambda: 5 * 4 // 2 - (4 + 3 + 1 + 1),
    "logic-14": lambda: only(n for a in permutations(['cat', 'dog', 'fish']) for n, x in zip(['Jo', 'Kit', 'Lou'], a) if a[0] == 'fish' and a[1] != 'cat' and x == 'cat'),
    "counting-01": lambda: sum(all(int(d) % 2 == 0 for d in str(n)) for n in range(100, 1000)),
    "counting-02": lambda: len(set(permutations('LEVEL'))),
    "counting-03": lambda: sum(n % 6 == 0 or n % 8 == 0 for n in range(1, 201)),
    "counting-04": lambda: sum(1 for a in range(7) for b in range(a)),
    "counting-05": lambda: sum(1 for path in product('RU', repeat=7) if path.count('R') == 4),
    "counting-06": lambda: sum(a + b in (2, 3, 5, 7, 11) for a in range(1, 7) for b in range(1, 7)),
    "counting-07": lambda: sum(sum(s) == 10 for k in range(7) for s in combinations(range(1, 7), k)),
    "counting-08": lambda: sum(5 * a + 10 * b + 20 * c == 50 for a in range(11) for b in range(6) for c in range(3)),
    "counting-09": lambda: sum(1 for a in range(3) for b in range(a, 3) for c in range(3) for d in range(c, 3)),
    "counting-10": lambda: sum(str(n).count('7') for n in range(1, 101)),
    "counting-11": lambda: sum(0 < sum(x < 4 for x in c) < 3 for c in combinations(range(9), 3)),
    "counting-12": lambda: sum('AA' not in ''.join(s) for s in product('AB', repeat=6)),
    "counting-13": lambda: sum(abs(o.index('A') - o.index('B')) > 1 for o in permutations('ABCD')),
    "counting-14": lambda: sum(n > int(str(n)[::-1]) for n in range(10, 100)),
}


def printed(problem):
    """What the program in a problem prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(problem.split("\n\n", 1)[1], {})
    return out.getvalue().strip()


def worked_out(problem):
    if problem["kind"] == "program":
        return printed(problem["problem"])
    value = CHECKS[problem["id"]]()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "problems"
    checked, wrong, ids, texts = 0, 0, set(), set()
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            problem = json.loads(line)
            name = problem["id"]
            try:
                answer = worked_out(problem)
            except Exception as error:  # a check that breaks is a check that failed
                answer = f"{type(error).__name__}: {error}"
            complaint = None
            if name in ids or problem["problem"] in texts:
                complaint = "is there twice"
            elif problem["kind"] != file.stem:
                complaint = f"has kind {problem['kind']}, in {file.name}"
            elif answer != problem["answer"]:
                complaint = f"says {problem['answer']}, worked out {answer}"
            ids.add(name)
            texts.add(problem["problem"])
            checked += 1
            if complaint:
                wrong += 1
                print(f"{name} {complaint}")
    for name in sorted(set(CHECKS) - ids):
        wrong += 1
        print(f"{name} has a check and no problem")
    print(f"{checked} problems checked, {wrong} wrong")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
