"""A small language for word problems with checkable steps.

A production is one line, `sentence => step ; step`. In a sentence `{a}` is a number and `{N}`, `{u}` ... are words.
A step is text with one bracketed equation: `Then [x - n] {u} are left.`; its result becomes `x`, the current
quantity, unless a name is given: `[y = n * m]`. A name that no earlier step or sentence bound is drawn at random,
in a range that suits its place in the equation, or in a given one: `{d:2-5}`. The names k, m, n and q are local to
their production. `{p%}` draws a percentage and `{f}` a fraction word; both bind `d`, the divisor.
"""

import re
from dataclasses import dataclass, field

PERSONS = {
    "she": "Ana Tara Zoe Rosa Lily Sara Nora Ruth Kate Eva Mia Emma Ines Lena Clara Dora".split(),
    "he": "Noah Sam Omar Finn Paul Ben Max Adam Luis Ivan Jack Leo Karl Hugo Theo Milo".split(),
}
WORDS = {
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "box": "box bag crate basket jar pack".split(),
    "thing": "ball doll kite hat lamp drum shirt scarf mug pen book cap cup toy".split(),
}
SYLLABLES = ("bla dri fo gu hin jo kra lem mi no plu qua ri sto tri ul ver wo zi zor bix dal fen gor hup ket lan mur "
             "nep pol rud sim tov van wug yar").split()
PLACES = "farm house hall ship park shop museum hotel station castle tower factory market kitchen barn studio".split()
PARTS = ("room floor corner table drawer tray field truck cart case cabinet wagon wing yard bench stand bin bucket "
         "line pile stack circle team pot").split()
# Word lists of the random compositions; pairs are "he-form|they-form".
COMPOSED = {
    "at": "in on at in".split(),
    "sit": "sit|stand|lie|fit|live|sleep|stay|are|wait|work|grow|hang".split("|"),
    "early": ("before noon|on Monday|on Friday|in spring|in April|in the first week|in the first year|at first|"
              "in one hour|in winter|in January|today").split("|"),
    "late": ("in the evening|on Tuesday|on Sunday|in summer|in July|in the second week|in the next year|after that|"
             "in the next hour|in autumn|in March|the next day").split("|"),
    "counts": "counts|sees|gets|makes|sells|finds|sends|brings|fills|moves|buys|loads|collects".split("|"),
    "makes": "makes|prints|fills|packs|builds|sorts|cuts|washes|paints|moves|loads|writes|checks|counts".split("|"),
    "old": "old red small male brown tall fresh cheap wild round".split(),
    "new": "new blue big female white short dry rare tame flat".split(),
    "come": ("arrive|come|come in|move in|fly in|roll in|drive in|run in|are born|hatch|are found|are delivered|"
             "are bought|are built|grow|appear|join|are put in|are made|are sent|are added|are brought|turn up|"
             "show up|are counted too|are unpacked|are won|are set up|enter|land").split("|"),
    "go": ("go|go home|go away|leave|walk off|drive off|drive away|fly away|run off|run away|are sold|are lost|"
           "are stolen|are eaten|are used|are used up|are broken|break|die|melt|burn|fall down|are thrown out|"
           "are thrown away|are given away|are removed|are taken out|are cut|are sent off|move out|disappear|vanish|"
           "are kept for later|are set aside|are left out|are skipped|are free|stay away|are dropped").split("|"),
    "gains": ("adds|brings|buys|finds|makes|gets|collects|prints|builds|picks|draws|writes|receives|wins|"
              "plants|grows|fetches|orders|copies|loads|puts in|unpacks|catches").split("|"),
    "drops": ("sells|loses|gives away|eats|breaks|uses|deletes|throws out|throws away|drops|removes|hides|"
              "sends off|cuts|burns|skips|leaves out|takes out|wastes|destroys|keeps back").split("|"),
    "bad": "bad|dirty|old|broken|wet|too small|rotten|too big|empty|cracked|late".split("|"),
    "car": "car truck van cart ship plane train wagon man woman".split(),
    "load": "load|delivery|order|shipment|box|parcel".split("|"),
    "day1": "day week month year".split(),
}
PAIRED = {
    ("eats", "eat"): ("chews|chew needs|need uses|use drinks|drink makes|make gets|get holds|hold carries|carry buys|buy "
                      "cooks|cook bakes|bake reads|read finds|find writes|write takes|take has|have").split(),
    ("costs", "cost"): "costs|cost earns|earn brings|bring pays|pay".split(),
    ("hour", "hours"): "hour|hours minute|minutes day|days week|weeks".split(),
    ("tour", "tours"): "tour|tours trip|trips walk|walks round|rounds ride|rides flight|flights".split(),
}
LOCAL = ("k", "m", "n", "q")
PERCENTS = {10: 10, 20: 5, 25: 4, 50: 2}
FRACTIONS = {"half": 2, "a third": 3, "a quarter": 4, "a fifth": 5, "a tenth": 10}
SLOT = re.compile(r"\{(\w+%?)(?::(\d+)-(\d+))?\}")
EQUATION = re.compile(r"\[(?:(\w+) = )?(\w+) ([-+*/]) (\w+)\]")
LARGEST = 999


class Impossible(Exception):
    """The drawn numbers do not fit the production."""


@dataclass
class Step:
    """`before` equation `after`; each operand is ("number", value) or ("step", index)."""

    before: str
    after: str
    operator: str = ""
    left: tuple = ()
    right: tuple = ()
    statement: str = ""  # for a step without an equation: what a critique restates

    def equation(self, left, right, result):
        return f"{left} {self.operator} {right} = {result}"


@dataclass
class Problem:
    family: str
    text: str
    steps: list
    answer: str
    parameters: tuple = ()
    answer_step: int | None = None  # which step's result is the answer; None: it is fixed
    variants: list = field(default_factory=list)  # wrong drafts of statement problems
    numbers: list = field(default_factory=list)

    def values(self):
        return compute(self.steps)

    def lines(self):
        return render(self.steps, self.values())

    def equations(self):
        return cores(self.steps, self.values())

    def solution(self):
        return "\n".join(self.lines() + [f"Answer: {self.answer}"])


def apply(operator, left, right):
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if right == 0 or left % right:
        raise Impossible
    return left // right


def compute(steps):
    """The result of every step; None for a statement. Impossible when a result is not in 1...999."""
    values = []
    for step in steps:
        if not step.operator:
            values.append(None)
            continue
        left, right = (v if kind == "number" else values[v] for kind, v in (step.left, step.right))
        result = apply(step.operator, left, right)
        if not 1 <= result <= LARGEST:
            raise Impossible
        values.append(result)
    return values


def operands(step, values):
    return tuple(v if kind == "number" else values[v] for kind, v in (step.left, step.right))


def cores(steps, values):
    return [s.equation(*operands(s, values), v) if s.operator else s.statement
            for s, v in zip(steps, values)]


def render(steps, values, bare=False):
    lines = []
    for index, (step, core) in enumerate(zip(steps, cores(steps, values)), 1):
        if not step.operator:
            text = step.before
        else:
            text = core + "." if bare else step.before + core + step.after
        lines.append(f"Step {index}: {text}")
    return lines


def capitals(text):
    return re.sub(r"(^|[.?] )([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)


def plural(word):
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("x", "s", "ch", "sh")) else "s")


def singular(word):
    irregular = {"people": "person", "boxes": "box", "peaches": "peach", "sheep": "sheep", "fish": "fish",
                 "geese": "goose", "loaves": "loaf", "brushes": "brush", "wishes": "wish", "mice": "mouse",
                 "glasses": "glass", "dresses": "dress", "children": "child", "benches": "bench",
                 "sandwiches": "sandwich", "radishes": "radish", "cookies": "cookie", "pies": "pie"}
    if word in irregular:
        return irregular[word]
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def factor(rng):
    """A factor within the times table, small ones more often."""
    return rng.choice((2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 11, 12))


def amount(rng, wide=True):
    """A term: mostly one or two digits."""
    top = rng.choice((10, 20, 20, 40, 40, 60, 99) + ((140,) if wide else ()))
    return rng.randint(2, top)


class Story:
    """Grows a problem production by production."""

    def __init__(self, rng, family, units, words=None):
        self.rng = rng
        self.family = family
        self.sentences = []
        self.steps = []
        self.numbers = []
        self.values = {}  # name -> (value, reference)
        kinds = rng.sample(["she", "he", rng.choice(["she", "he"])], 3)
        drawn = []
        for kind in kinds:
            drawn.append(rng.choice([n for n in PERSONS[kind] if n not in drawn]))
        he = kinds[0]
        unit = rng.choice(units.split("|"))
        self.words = {
            "N": drawn[0], "M": drawn[1], "O": drawn[2], "he": he, "He": he.capitalize(),
            "his": "her" if he == "she" else "his", "him": "her" if he == "she" else "him",
            "u": unit, "s": singular(unit),
        }
        for name, choices in (words or {}).items():
            self.words[name] = rng.choice(choices.split("|"))
        if family in ("mixed", "places", "anywhere"):
            self.invent()
        a, b = rng.sample(WORDS["thing"], 2)
        self.words.update(thing=a, things=plural(a), other=b, others=plural(b))

    def invent(self):
        """The words of the random compositions: any place, any part, and now and then a noun nobody knows."""
        rng = self.rng
        if rng.random() < 0.25:
            word = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 2, 3))))
            self.words.update(u=word + "s", s=word)
        part = rng.choice(PARTS)
        if rng.random() < 0.1:
            part = "".join(rng.choices(SYLLABLES, k=2))
        self.words.update(place=rng.choice(PLACES), part=part, parts=plural(part))

    def compose(self, production):
        """Fresh verbs and adverbs for the next production."""
        rng, words = self.rng, self.words
        used = {m.group(1) for m in SLOT.finditer(production)}
        for name in sorted(used.intersection(COMPOSED)):
            words[name] = rng.choice(COMPOSED[name])
        for names, choices in PAIRED.items():
            if used.intersection(names):
                words.update(zip(names, rng.choice(choices).split("|")))
        words["when"] = rng.choice(("", "", "", "Then ", f"On {words['day']} ", "At noon ", "In the evening ",
                                    "In the morning ", "Later ", "At night ", "After a while "))

    def draw(self, name, low, high, equations):
        """A value for `name`, by the first equation that uses it."""
        rng = self.rng
        if low is not None:
            return rng.randint(low, high)
        for _, left, operator, right in equations:
            if name not in (left, right):
                continue
            other = right if name == left else left
            known = int(other) if other.isdigit() else self.values[other][0] if other in self.values else None
            if known is None:
                if operator == "*":
                    value = factor(rng)
                    if rng.random() < 0.12:
                        value = rng.randint(11, 30)
                    return value
                if operator == "-" and name == left:
                    return rng.randint(12, 120)
                if operator == "/" and name == left:
                    return factor(rng) * rng.randint(2, 15)
                return factor(rng) if operator == "/" else amount(rng)
            if operator == "+":
                return amount(rng)
            if operator == "*":
                return rng.choice([f for f in (2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10) if f * known <= 400] or [2])
            if operator == "-":
                if name == left:
                    return known + amount(rng)
                if known < 2:
                    raise Impossible
                return rng.randint(2 if known > 2 else 1, max(2, min(known - 1, rng.choice((10, 20, 40, 60, 99)))))
            if name == left:
                return known * factor(rng)
            divisors = [d for d in range(2, 13) if known % d == 0 and known > d]
            if not divisors:
                raise Impossible
            return rng.choice(divisors)
        return rng.randint(6, rng.choice((30, 60, 99, 120)))

    def add(self, production):
        """Adds a production, or leaves the story as it was and raises Impossible."""
        saved = (list(self.sentences), list(self.steps), list(self.numbers), dict(self.values), dict(self.words))
        for _ in range(12):
            try:
                self._add(production)
                return
            except Impossible:
                self.sentences, self.steps, self.numbers = list(saved[0]), list(saved[1]), list(saved[2])
                self.values, self.words = dict(saved[3]), dict(saved[4])
        raise Impossible

    def _add(self, production):
        rng, words = self.rng, self.words
        sentence, _, rest = production.partition(" => ")
        steps = [s.strip() for s in rest.split(" ; ")] if rest else []
        for name in LOCAL:
            self.values.pop(name, None)
        box = rng.choice(WORDS["box"])
        words.update(box=box, boxes=plural(box), day=rng.choice(WORDS["day"]))
        if "place" in words:
            self.compose(production)
        equations = [EQUATION.search(s).groups() for s in steps if EQUATION.search(s)]
        wanted = [(m.group(1), m.group(2), m.group(3)) for m in SLOT.finditer(sentence)]
        if rng.random() < 0.5:
            wanted.reverse()
        for name, low, high in wanted:
            if name == "p%":
                percent = rng.choice(list(PERCENTS))
                words["p%"] = f"{percent}%"
                self.values["d"] = (PERCENTS[percent], None)
                self.numbers.append(percent)
            elif name == "f":
                words["f"] = rng.choice(list(FRACTIONS))
                self.values["d"] = (FRACTIONS[words["f"]], None)
            elif name not in words and name not in self.values:
                value = self.draw(name, low and int(low), high and int(high), equations)
                self.values[name] = (value, None)
                self.numbers.append(value)
        self.sentences.append(capitals(self.fill(sentence)))
        for text in steps:
            self.step(text)

    def step(self, text):
        match = EQUATION.search(text)
        if not match:
            raise ValueError(f"no equation in {text!r}")
        name, left, operator, right = match.groups()
        name = name or "x"
        refs, numbers = [], []
        for operand in (left, right):
            if operand.isdigit():
                value, reference = int(operand), None
            else:
                value, reference = self.values[operand]
            numbers.append(value)
            refs.append(("number", value) if reference is None else ("step", reference))
        result = apply(operator, *numbers)
        if not 1 <= result <= LARGEST or (result > 200 and self.rng.random() < 0.6):
            raise Impossible
        if operator in "*/" and numbers[1] == 1:
            raise Impossible
        if operator == "*" and min(numbers) > 12 and self.rng.random() < 0.8:
            raise Impossible
        self.steps.append(Step(self.fill(text[:match.start()]), self.fill(text[match.end():]),
                               operator, refs[0], refs[1]))
        self.values[name] = (result, len(self.steps) - 1)

    def fill(self, text):
        def replace(match):
            name = match.group(1)
            if name in self.words:
                return self.words[name]
            return str(self.values[name][0])
        return SLOT.sub(replace, text)

    def pronouns(self):
        """Lets later sentences begin with `She` or `He` instead of the name."""
        start = self.words["N"] + " "
        for index in range(1, len(self.sentences)):
            named = start in " ".join(self.sentences[:index])
            if named and self.sentences[index].startswith(start) and self.rng.random() < 0.6:
                self.sentences[index] = self.words["He"] + " " + self.sentences[index][len(start):]

    def problem(self, shuffle_distractor=None):
        value, reference = self.values["x"]
        sentences = list(self.sentences)
        if shuffle_distractor:
            sentences.insert(self.rng.randint(0, max(0, len(sentences) - 1)), shuffle_distractor)
        return Problem(self.family, " ".join(sentences), self.steps, str(value), tuple(self.numbers),
                       reference, [], list(self.numbers))
