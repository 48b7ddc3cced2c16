"""The problem families, in the language of story.py, and how a problem is drawn from one.

A family is a plan of slots; a slot is (least, most, productions). `TRAINED` and `HELD_OUT` never share a family.
"""

from story import PERSONS, Impossible, Problem, Step, Story

# Events that fit any person who has `x` things.
GAIN = """
{N} buys {n} more {u}. => Now there are [x + n] {u}.
Then {N} buys {n} more {u}. => Now there are [x + n] {u}.
{N} finds {n} more {u}. => Adding {n} gives [x + n] {u}.
{M} gives {N} {n} {u}. => Adding {n} gives [x + n] {u}.
{N} gets {n} {u} as a gift. => With the gift there are [x + n] {u}.
{N} gets {n} more {u} from {M}. => Adding {n} gives [x + n] {u}.
Another {n} {u} are added. => Now there are [x + n] {u}.
On {day} {n} more {u} come. => Now there are [x + n] {u}.
""".strip().split("\n")
LOSS = """
{N} sells {n} {u}. => Then [x - n] {u} are left.
Then {N} sells {n} {u}. => Then [x - n] {u} are left.
{N} gives {n} {u} to {M}. => That leaves [x - n] {u}.
{M} takes {n} of the {u}. => Taking away {n} leaves [x - n] {u}.
{N} loses {n} {u}. => That leaves [x - n] {u}.
{N} gives away {n} of them. => That leaves [x - n] {u}.
{n} of the {u} are broken. => Without them there are [x - n] {u}.
On {day} {n} {u} go missing. => Without them there are [x - n] {u}.
{n} of the {u} are taken away. => Taking away {n} leaves [x - n] {u}.
""".strip().split("\n")
GROUPS = """
{N} buys {n} {boxes} of {m} {u} each. => {n} {boxes} of {m} hold [y = n * m] {u}. ; Now there are [x + y] {u}.
Then {N} gets {n} more {boxes} of {m} {u}. => {n} {boxes} of {m} hold [y = n * m] {u}. ; Now there are [x + y] {u}.
{M} brings {n} {boxes} with {m} {u} in each {box}. => The {boxes} have [y = n * m] {u}. ; In total that is [x + y] {u}.
{N} sells {n} {boxes} with {m} {u} in each {box}. => The {boxes} have [y = n * m] {u}. ; Then [x - y] {u} are left.
{N} gives away {n} {boxes} of {m} {u} each. => {n} {boxes} of {m} hold [y = n * m] {u}. ; That leaves [x - y] {u}.
{n} friends bring {m} {u} each. => The friends bring [y = n * m] {u}. ; In total that is [x + y] {u}.
{N} gives {m} {u} to each of {n} friends. => The friends get [y = n * m] {u}. ; Then [x - y] {u} are left.
{N} uses {m} {u} a day for {n:2-7} days. => In {n} days that is [y = m * n] {u}. ; Then [x - y] {u} are left.
{N} collects {m} {u} a day for {n:2-7} days. => In {n} days that is [y = m * n] {u}. ; Now there are [x + y] {u}.
""".strip().split("\n")
SCALE = """
The number of {u} doubles by {day}. => Doubling gives [x * 2] {u}.
Then {N} doubles the number of {u}. => Doubling gives [x * 2] {u}.
The number of {u} triples by {day}. => Now there are [x * 3] {u}.
{N} sells half of the {u}. => Half of that is [x / 2] {u}.
Then {N} sells half of the {u}. => Half of that is [x / 2] {u}.
{N} gives half of the {u} to {M}. => Half of that is [x / 2] {u}.
{N} gives {f} of the {u} to {M}. => That is [y = x / d] {u}. ; Then [x - y] {u} are left.
{N} loses {f} of the {u}. => That is [y = x / d] {u}. ; That leaves [x - y] {u}.
{p%} of the {u} are broken. => {p%} of that is [y = x / d] {u}. ; Without them there are [x - y] {u}.
{N} sells {p%} of the {u}. => {p%} of that is [y = x / d] {u}. ; Then [x - y] {u} are left.
The number of {u} grows by {p%}. => {p%} of that is [y = x / d] {u}. ; Now there are [x + y] {u}.
""".strip().split("\n")
STOCK = GAIN + LOSS + GROUPS + SCALE
ASK_NOW = """
How many {u} does {N} have now?
How many {u} does {N} have in the end?
How many {u} are left in the end?
How many {u} are there now?
What is the number of {u} now?
""".strip().split("\n")
ASK_MORE = """
{N} shares the {u} equally among {n} friends. How many {u} does each one get? => Each one gets [x / n] {u}.
The {u} are split equally among {n} children. How many {u} does each one get? => Each one gets [x / n] {u}.
{N} puts the {u} equally into {n} {boxes}. How many {u} are in each {box}? => Each {box} gets [x / n] {u}.
The {u} are packed into {n} equal {boxes}. How many {u} are in each {box}? => Each {box} gets [x / n] {u}.
The {u} are packed {n} to a {box}. How many {boxes} are filled? => They fill [x / n] {boxes}.
{N} puts {n} {u} in each {box}. How many {boxes} does {N} need? => They fill [x / n] {boxes}.
{N} sells each {s} for {n} dollars. How much money is that in total? => At {n} dollars each that is [x * n] dollars.
Each {s} is worth {n} dollars. How much money is that in total? => At {n} dollars each that is [x * n] dollars.
Each {s} costs {n} dollars. How many dollars do they cost in total? => At {n} dollars each that is [x * n] dollars.
{N} wants to have {n} {u}. How many more {u} does {N} need? => Still needed are [n - x] {u}.
{M} has {n} {u}. How many more {u} does {N} have than {M}? => The difference is [x - n] {u}.
{M} has {n} more {u} than {N}. How many {u} does {M} have? => That is [x + n] {u}.
{M} has {n} times as many {u} as {N}. How many {u} does {M} have? => That is [x * n] {u}.
{M} has {n} {u}. How many {u} do they have together? => Together they have [x + n] {u}.
How many {u} are {p%} of them? => {p%} of that is [x / d] {u}.
How many {u} are {f} of them? => That is [x / d] {u}.
{N} fills {q} {boxes} with {n} {u} each. How many {u} are left over? => The {boxes} hold [y = q * n] {u}. ; Then [x - y] {u} are left over.
""".strip().split("\n")
ASK = ASK_NOW * 3 + ASK_MORE
START = """
{N} has {x} {u}.
At first {N} has {x} {u}.
{N} starts with {x} {u}.
{N} owns {x} {u}.
There are {x} {u}.
""".strip().split("\n")
OPEN = START * 2 + """
{N} has {a} {boxes} with {b} {u} in each {box}. => The {boxes} have [a * b] {u}.
{N} has {a} {boxes} of {b} {u} each. => {a} {boxes} of {b} hold [a * b] {u}.
There are {a} {boxes} of {b} {u}. => {a} {boxes} of {b} hold [a * b] {u}.
There are {a} rows of {b} {u}. => {a} rows of {b} make [a * b] {u}.
There are {a} groups with {b} {u} in each group. => The groups have [a * b] {u}.
{N} has {a} {u} and {M} has {b} {u}. They put them together. => Together they have [a + b] {u}.
{N} has {a} {u}. {M} has {b} more. They put them together. => The other part is [y = a + b] {u}. ; Together they have [a + y] {u}.
{N} makes {a} {u} a day for {b:2-7} days. => In {b} days that is [a * b] {u}.
{N} makes {a} {u} per hour for {b:2-8} hours. => In {b} hours that is [a * b] {u}.
{a} of the {u} are red and {b} are blue. => Together there are [a + b] {u}.
{a} {u} are split equally among {b} children. {N} is one of them. => Each one gets [a / b] {u}.
""".strip().split("\n")
# What may happen to any number of things anywhere. The words in braces are drawn from the lists in story.py.
SPREAD = """
A {place} has {a} {parts} with {b} {u} {at} each {part}. => The {parts} have [a * b] {u}.
A {place} has {a} {parts} with {b} {u} {at} each {part}. => The {parts} have [a * b] {u}.
There are {a} {parts} with {b} {u} each in a {place}. => The {parts} have [a * b] {u}.
A {place} has {a} {parts} of {b} {u}. => The {parts} have [a * b] {u}.
A {place} has {a} {parts} and {b} {u} {sit} {at} each {part}. => The {parts} have [a * b] {u}.
A {place} has {a} {parts}. Each {part} holds {b} {u}. => The {parts} have [a * b] {u}.
{N} has {a} {parts} and gets {b} {u} from each {part}. => The {parts} give [a * b] {u}.
{N} has {a} {parts} with {b} {u} {at} each. => The {parts} have [a * b] {u}.
Each of {a} {tours} brings {b} {u}. => The {tours} have [a * b] {u}.
{N} goes on {a} {tours} and sees {b} {u} each time. => The {tours} have [a * b] {u}.
A {place} keeps {b} {u} {at} each of {a} {parts}. => The {parts} have [a * b] {u}.
A {place} has {x} {u}.
{x} {u} are in a {place}.
{N} has a {place} with {x} {u}.
A {place} has {a} {old} {u} and {b} {new} {u}. => Together there are [a + b] {u}.
{a} {old} and {b} {new} {u} {come} at a {place}. => Together there are [a + b] {u}.
{N} keeps {a} {old} {u} and {b} {new} {u}. => Together there are [a + b] {u}.
A {place} has {a} {u} {early} and {n} more {late}. => The second part is [y = a + n] {u}. ; Together that is [a + y] {u}.
A {place} {counts} {a} {u} {early} and {n} fewer {late}. => The second part is [y = a - n] {u}. ; Together that is [a + y] {u}.
{N} {counts} {a} {u} {early} and {n:2-4} times as many {late}. => The second part is [y = a * n] {u}. ; Together that is [a + y] {u}.
{N} {counts} {a} {u} {early} and {n} more than that {late}. => The second part is [y = a + n] {u}. ; Together that is [a + y] {u}.
{N} {counts} {a} {u} and then {n:2-4} times as many. => The second part is [y = a * n] {u}. ; Together that is [a + y] {u}.
A {place} {counts} {a} {u} {early} and {b} {u} {late}. => Together that is [a + b] {u}.
A {thing} {makes} {a} {u} per {hour} for {b:2-9} {hours}. => In {b} {hours} that is [a * b] {u}.
{N} {makes} {a} {u} a {hour}. {N} does this for {b:2-9} {hours}. => In {b} {hours} that is [a * b] {u}.
One {place} has {a} {u} and another has {b} {u}. => Together they have [a + b] {u}.
One {place} has {a} {u}. Another has {n} more {u}. => The second part is [y = a + n] {u}. ; Together they have [a + y] {u}.
""".strip().split("\n")
COME = """
{when}{n} {u} {come}. => Now there are [x + n] {u}.
{when}{n} more {u} {come}. => Now there are [x + n] {u}.
{when}{n} new {u} {come}. => Now there are [x + n] {u}.
{when}{M} {gains} {n} {u}. => Now there are [x + n] {u}.
{N} {gains} {n} more {u}. => Now there are [x + n] {u}.
{N} {gains} {n} {u} too. => Now there are [x + n] {u}.
{N} also had {n} {u} before. => Now there are [x + n] {u}.
A {car} brings {n} {u}. => Now there are [x + n] {u}.
A {car} brings {n} {boxes} of {m} {u}. => The {boxes} have [y = n * m] {u}. ; Now there are [x + y] {u}.
A new {load} has {n} {boxes} of {m} {u}. => The {boxes} have [y = n * m] {u}. ; Now there are [x + y] {u}.
{when}{n} {parts} with {m} {u} each are added. => The {parts} have [y = n * m] {u}. ; Now there are [x + y] {u}.
{when}{n} {u} {go}. => That leaves [x - n] {u}.
{when}{n} of the {u} {go}. => That leaves [x - n] {u}.
{when}{n} of them {go}. => That leaves [x - n] {u}.
{when}{M} {drops} {n} {u}. => That leaves [x - n] {u}.
{N} {drops} {n} of the {u}. => That leaves [x - n] {u}.
{N} {drops} {n} {u} that are {bad}. => That leaves [x - n] {u}.
{n} of the {u} are {bad} and do not count. => That leaves [x - n] {u}.
{n} of the {u} are {bad} and {go}. => That leaves [x - n] {u}.
A {car} takes away {n} {u}. => That leaves [x - n] {u}.
A {car} takes away {n} {boxes} of {m} {u}. => The {boxes} have [y = n * m] {u}. ; That leaves [x - y] {u}.
{when}half of the {u} {go}. => Half of that is [x / 2] {u}.
{N} {drops} half of the {u}. => Half of that is [x / 2] {u}.
{when}{f} of the {u} {go}. => That is [y = x / d] {u}. ; That leaves [x - y] {u}.
{p%} of the {u} {go}. => {p%} of that is [y = x / d] {u}. ; That leaves [x - y] {u}.
""".strip().split("\n")
ASK_PLACE = """
How many {u} are there now?
How many {u} are there?
How many {u} are left?
How many {u} does {N} have?
How many {u} can {N} use?
How many {u} are counted in total?
How many {u} does the {place} have now?
How many {u} are in the {place} now?
How many good {u} are there?
Each {s} {eats} {n:2-9} {things}. How many {things} do they {eat}? => At {n} each that is [x * n] {things}.
Each {s} {eats} {n:2-9} {things} a {day1}. How many {things} do they {eat} in a {day1}? => At {n} each that is [x * n] {things}.
Every {s} {eats} {n:2-9} {things}. How many {things} is that? => At {n} each that is [x * n] {things}.
One {s} {eats} {n:2-9} {things}. How many {things} do all of them {eat}? => At {n} each that is [x * n] {things}.
Each {s} {costs} {n:2-9} dollars. How many dollars do they {cost}? => At {n} dollars each that is [x * n] dollars.
The rest {cost} {n:2-9} dollars each. How many dollars is that? => At {n} dollars each that is [x * n] dollars.
{N} sells them for {n:2-9} dollars a {s}. How many dollars is that? => At {n} dollars each that is [x * n] dollars.
Each {s} takes {n:2-6} minutes. How many minutes do they take? => At {n} each that is [x * n] minutes.
They make groups of {n}. How many groups are there? => They make [x / n] groups.
{N} ties {n} {u} into one {part}. How many {parts} does {N} get? => They make [x / n] {parts}.
They go into {parts} of {n}. How many {parts} are used? => They fill [x / n] {parts}.
One {part} takes {n} {u}. How many {parts} do they fill? => They fill [x / n] {parts}.
They go into {n} {parts}, equally many in each. How many {u} are in each {part}? => Each {part} gets [x / n] {u}.
{N} puts them into {n} {parts} of the same size. How many {u} are in each {part}? => Each {part} gets [x / n] {u}.
The plan needs {n} {u}. How many {u} must still come? => Still needed are [n - x] {u}.
There is room for {n} {u}. How many more {u} can come? => Still needed are [n - x] {u}.
""".strip().split("\n")
NEUTRAL = ("marbles|pencils|stickers|books|cards|coins|beads|buttons|shells|stamps|toys|balls|apples|oranges|nuts|"
           "bricks|cups|roses|boxes|bottles|stones|plates|candles|tickets|letters|pens|leaves|keys|photos|eggs")
# The random compositions draw from more nouns, some of them made up, so that a new noun is only a new noun.
WIDE = NEUTRAL + ("|potatoes|lemons|carrots|onions|melons|grapes|pears|plums|feathers|ribbons|spoons|forks|bowls|jugs|lids|"
                  "nails|screws|bolts|wires|bulbs|pipes|planks|logs|sticks|seeds|flowers|bushes|pots|bees|ants|birds|"
                  "goats|sheep|cows|horses|rabbits|dogs|cats|mice|snails|bats|robots|trains|ships|planes|bikes|wheels|"
                  "tires|flags|tents|ropes|nets|hooks|socks|gloves|boots|belts|rings|chains|jewels|masks|puzzles|games|"
                  "cards|maps|notes|stars|moons|clocks|radios|chairs|tables|desks|rugs|pillows|blankets|towels|soaps|"
                  "brushes|combs|tools|hammers|guests|workers|sailors|farmers|dancers|singers|runners|visitors|points|"
                  "visits|tasks|parts|pieces|items|things|lines|words|pages|tables|drinks|sweets|cakes|pies")
BUY = """
{N} spends {n} dollars on a {thing}. => Then [x - n] dollars are left.
{N} pays {n} dollars for a {thing}. => That leaves [x - n] dollars.
{N} buys {n} {things} for {m} dollars each. => The {things} cost [y = n * m] dollars. ; Then [x - y] dollars are left.
{N} pays for {n} {things} at {m} dollars each. => The {things} cost [y = n * m] dollars. ; That leaves [x - y] dollars.
{M} gives {N} {n} dollars. => Adding {n} gives [x + n] dollars.
{N} finds {n} dollars. => Adding {n} gives [x + n] dollars.
{N} gives {n} dollars to {M}. => That leaves [x - n] dollars.
{N} gives half of the money to {M}. => Half of that is [x / 2] dollars.
{N} spends {f} of the money. => That is [y = x / d] dollars. ; Then [x - y] dollars are left.
{N} spends {p%} of the money. => {p%} of that is [y = x / d] dollars. ; Then [x - y] dollars are left.
""".strip().split("\n")
ASK_MONEY = """
How much money does {N} have now?
How many dollars does {N} have now?
How much money does {N} have left?
How many dollars are left?
A phone costs {n} dollars. How many more dollars does {N} need? => Still needed are [n - x] dollars.
{N} shares the money equally among {n} friends. How many dollars does each one get? => Each one gets [x / n] dollars.
A {thing} costs {n} dollars. How many {things} can {N} buy with the money? => The money buys [x / n] {things}.
""".strip().split("\n")

DISTRACTORS = ("It is {n} degrees outside.", "The road has {n} lamps.", "{M} is {n} years old.", "{N} is {n} years old.",
               "{N} lives on floor {n}.", "The shop opened {n} years ago.", "The street has {n} houses.",
               "It rained for {n} hours.", "{M} has {n} cousins.")


def lines(text):
    return [line.strip() for line in text.strip().split("\n")]


def one(text):
    return (1, 1, lines(text))


def some(least, most, *pools):
    return (least, most, [p for pool in pools for p in (lines(pool) if isinstance(pool, str) else pool)])


# name: (units, slots, extra words)
STORIES = {
    "plain": ("numbers", [
        one("""
            What is {a} + {b}? => The sum is [x = a + b].
            What is {a} - {b}? => The difference is [x = a - b].
            What is {a} * {b}? => The product is [x = a * b].
            What is {a} / {b}? => Dividing gives [x = a / b].
            What is {a} * {b} + {c}? => The product is [y = a * b]. ; Then the sum is [x = y + c].
            What is {a} * {b} - {c}? => The product is [y = a * b]. ; Then the difference is [x = y - c].
            What is {a} + {b} - {c}? => The sum is [y = a + b]. ; Then the difference is [x = y - c].
            What is {c} + {a} * {b}? => The product is [y = a * b]. ; Then the sum is [x = c + y].
            What is ({a} + {b}) * {c:2-5}? => The sum is [y = a + b]. ; The product is [x = y * c].
            What is {p%} of {a}? => {p%} of that is [x = a / d]."""),
    ]),
    "inventory": (NEUTRAL, [(1, 1, START), some(1, 4, STOCK), (1, 1, ASK)]),
    "mixed": (WIDE, [(1, 1, OPEN), some(0, 3, STOCK), (1, 1, ASK)]),
    "places": (WIDE, [(1, 1, SPREAD), some(0, 3, COME), (1, 1, ASK_PLACE)]),
    "anywhere": (WIDE, [(1, 1, SPREAD + OPEN), some(0, 3, COME, STOCK), (1, 1, ASK_PLACE + ASK_NOW + ASK_MORE)]),
    "compare": ("marbles|books|stickers|coins|toys|balls|stamps|apples|pencils", [
        one("""
            {N} has {a} {u}.
            {N} owns {a} {u}."""),
        one("""
            {M} has {n} more {u} than {N}. => The second has [y = a + n] {u}. ; Together two have [x = a + y] {u}.
            {M} has {n} fewer {u} than {N}. => The second has [y = a - n] {u}. ; Together two have [x = a + y] {u}.
            {M} has {n:2-5} times as many {u} as {N}. => The second has [y = a * n] {u}. ; Together two have [x = a + y] {u}.
            {M} has twice as many {u} as {N}. => The second has [y = a * 2] {u}. ; Together two have [x = a + y] {u}.
            {M} has half as many {u} as {N}. => The second has [y = a / 2] {u}. ; Together two have [x = a + y] {u}."""),
        some(0, 1, """
            {O} has {n} more {u} than {M}. => The third has [z = y + n] {u}. ; All three have [x + z] {u}.
            {O} has {n} fewer {u} than {M}. => The third has [z = y - n] {u}. ; All three have [x + z] {u}.
            {O} has {n:2-3} times as many {u} as {M}. => The third has [z = y * n] {u}. ; All three have [x + z] {u}.
            {O} has {n} more {u} than {N}. => The third has [z = a + n] {u}. ; All three have [x + z] {u}.
            {O} has {n} fewer {u} than {N}. => The third has [z = a - n] {u}. ; All three have [x + z] {u}.
            {O} has {z} {u}. => All three have [x + z] {u}."""),
        one("""
            How many {u} do they have together?
            How many {u} do they have in total?
            They put all the {u} equally into {n} {boxes}. How many {u} are in each {box}? => Each {box} gets [x / n] {u}.
            They share all the {u} equally among {n} friends. How many {u} does each one get? => Each one gets [x / n] {u}.
            They sell each {s} for {n:2-5} dollars. How much money is that? => At {n} dollars each that is [x * n] dollars.
            They need {n} {u}. How many {u} are missing? => Still needed are [n - x] {u}."""),
    ]),
    "chain": ("marbles|books|stickers|coins|toys|shells|stamps|cards|points", [
        one("""
            {N} has {a} {u}.
            {N} owns {a} {u}."""),
        one("""
            {M} has {n} more {u} than {N}. => The second has [y = a + n] {u}.
            {M} has {n} fewer {u} than {N}. => The second has [y = a - n] {u}.
            {M} has {n:2-5} times as many {u} as {N}. => The second has [y = a * n] {u}.
            {M} has {f} as many {u} as {N}. => The second has [y = a / d] {u}."""),
        one("""
            {O} has {n} more {u} than {M}. How many {u} does {O} have? => The third has [x = y + n] {u}.
            {O} has {n} fewer {u} than {M}. How many {u} does {O} have? => The third has [x = y - n] {u}.
            {O} has {n:2-4} times as many {u} as {M}. How many {u} does {O} have? => The third has [x = y * n] {u}.
            {O} has as many {u} as {N} and {M} together. How many {u} does {O} have? => The third has [x = a + y] {u}.
            {O} has half as many {u} as {M}. How many {u} does {O} have? => The third has [x = y / 2] {u}."""),
    ]),
    "reading": ("pages", [
        one("""
            {N} reads {a} pages a day for {b:2-5} days and then {c} pages a day for {e:2-5} days. => The first part is [y = a * b] pages. ; The second part is [z = c * e] pages. ; Together that is [y + z] pages.
            For {b:2-5} days {N} reads {a} pages each day. Then {N} reads {c} pages each day for {e:2-5} days. => The first part is [y = a * b] pages. ; The second part is [z = c * e] pages. ; Together that is [y + z] pages.
            {N} reads {a} pages a day for {b:2-6} days. => In {b} days that is [a * b] pages.
            {N} reads {a} pages on {day} and {c} more pages than that the next day. => The next day it is [y = a + c] pages. ; Together that is [a + y] pages."""),
        one("""
            How many pages does {N} read in total?
            The book has {n} pages. How many pages are left to read? => Then [n - x] pages are left.
            The book has {n} pages. {N} wants to finish the rest in {m:2-4} days. How many pages must {N} read each day? => Then [y = n - x] pages are left. ; Each day needs [y / m] pages.
            {M} reads {n} fewer pages than {N}. How many pages does {M} read? => That is [x - n] pages.
            {M} reads {n} pages in the same time. How many pages do they read together? => Together they read [x + n] pages."""),
    ]),
    "picking": ("apples|oranges|nuts|shells|roses|pears|plums|cherries|berries|lemons", [
        one("""
            {N} picks {a} {u} and {M} picks {b} {u}. => Together they have [a + b] {u}.
            {N} collects {a} {u}. {M} collects {b} {u}. => Together they have [a + b] {u}.
            {N} picks {a} {u}. {M} picks {n:2-4} times as many. => The other part is [y = a * n] {u}. ; Together they have [a + y] {u}.
            {N} and {M} pick {a} {u} each. => Together they have [a * 2] {u}."""),
        some(0, 2, """
            They throw away {n} bad {u}. => Then [x - n] {u} are left.
            They give {n} {u} to a neighbor. => That leaves [x - n] {u}.
            They eat {n} of the {u}. => That leaves [x - n] {u}.
            The next day they collect {n} more {u}. => Now they have [x + n] {u}.
            {O} adds {n} {u}. => Now they have [x + n] {u}.
            {p%} of the {u} are bad. => {p%} of that is [y = x / d] {u}. ; Without them there are [x - y] {u}."""),
        one("""
            How many {u} do they have now?
            How many {u} are there now?
            They share them equally among {n} friends. How many {u} are in each part? => Each part gets [x / n] {u}.
            They put the rest equally into {n} {boxes}. How many {u} are in each part? => Each part gets [x / n] {u}.
            They put {n} {u} in each box. They sell each box for {m} dollars. How many dollars do they earn? => They fill [y = x / n] boxes. ; They earn [y * m] dollars.
            They put {n} {u} in each {box}. How many {boxes} do they fill? => They fill [x / n] {boxes}."""),
    ]),
    "savings": ("dollars", [
        one("""
            {N} has {a} dollars and saves {b} dollars a week for {c:2-9} weeks. => In {c} weeks that is [y = b * c] dollars. ; Now there are [a + y] dollars.
            {N} saves {b} dollars every week. After {c:2-9} weeks {N} adds this to the {a} dollars in the bank. => The savings are [y = b * c] dollars. ; In total that is [a + y] dollars.
            {N} saves {b} dollars a month for {c:2-12} months. => The savings are [b * c] dollars."""),
        some(0, 2, BUY), (1, 1, ASK_MONEY),
    ]),
    "garden": ("roses|trees|plants|tulips|flowers", [
        one("""
            {N} plants {a} rows of {b} {u}. => {a} rows of {b} {u} make [a * b] {u}.
            A garden has {a} rows with {b} {u} in each row. => The rows have [a * b] {u}."""),
        some(0, 2, """
            {n} of the {u} die. => Then [x - n] {u} are left.
            Then {N} cuts {n} {u}. => That leaves [x - n] {u}.
            Then {N} plants {n} more {u}. => Now there are [x + n] {u}.
            Then {N} plants another {n} rows of {m} {u}. => The new rows have [y = n * m] {u}. ; Now there are [x + y] {u}.
            {f} of the {u} die. => That is [y = x / d] {u}. ; Then [x - y] {u} are left."""),
        one("""
            How many {u} are there now?
            How many {u} are in the garden?
            Each one needs {n} cups of water. How many cups of water are needed? => The water is [x * n] cups.
            {N} puts {n} {u} in each vase. How many vases are filled? => They fill [x / n] vases.
            Each {s} is sold for {n} dollars. How many dollars is that? => At {n} dollars each that is [x * n] dollars."""),
    ]),
    "machines": ("cups|bricks|pens|buttons|toys|bolts|bottles|spoons", [
        one("""
            One machine makes {a} {u} per hour. A second machine makes {n} more {u} per hour than the first. They run for {c:2-9} hours. => The second machine makes [y = a + n] {u} per hour. ; Both make [z = a + y] {u} per hour. ; In {c} hours they make [z * c] {u}.
            A machine makes {a} {u} an hour and a new machine makes {n} more {u} an hour. They run for {c:2-9} hours. => The second machine makes [y = a + n] {u} per hour. ; Both make [z = a + y] {u} per hour. ; In {c} hours they make [z * c] {u}.
            One machine makes {a} {u} per hour. A second machine makes {n} fewer {u} per hour. They run for {c:2-9} hours. => The second machine makes [y = a - n] {u} per hour. ; Both make [z = a + y] {u} per hour. ; In {c} hours they make [z * c] {u}.
            A machine makes {a} {u} in one hour. It runs for {c:2-9} hours. => In {c} hours it makes [a * c] {u}.
            {a:2-9} machines make {b} {u} an hour each. => In one hour they make [a * b] {u}."""),
        some(0, 1, """
            {n} of the {u} are broken. => That leaves [x - n] good {u}.
            {p%} of the {u} are broken. => {p%} of that is [y = x / d] {u}. ; That leaves [x - y] good {u}."""),
        one("""
            How many good {u} are there?
            How many {u} are made?
            The {u} are packed {n} to a box. How many boxes are filled? => They fill [x / n] boxes.
            Each {s} sells for {n} dollars. How many dollars is that? => At {n} dollars each that is [x * n] dollars."""),
    ]),
    "driving": ("miles", [
        one("""
            {N} drives for {a:2-4} hours at {b:10-70} miles per hour. Then {N} drives for {c:2-4} hours at {e:10-70} miles per hour. => The first part is [y = b * a] miles. ; The second part is [z = e * c] miles. ; Together that is [y + z] miles.
            {N} drives {b:10-70} miles per hour for {a:2-4} hours and then {e:10-70} miles per hour for {c:2-4} hours. => The first part is [y = b * a] miles. ; The second part is [z = e * c] miles. ; Together that is [y + z] miles.
            {N} drives {b:20-60} miles per hour for {a:2-5} hours. => In {a} hours that is [b * a] miles.
            {N} drives {a} miles on {day} and {b} miles the next day. => Together that is [a + b] miles."""),
        one("""
            How many miles does {N} drive?
            The whole trip is {n} miles. How many miles are left? => Then [n - x] miles remain.
            {M} drives {n} miles more than {N}. How many miles does {M} drive? => That is [x + n] miles.
            {M} drives {n} miles less than {N}. How many miles does {M} drive? => That is [x - n] miles.
            The car goes {n} miles on one gallon of gas. How many gallons of gas does the car use? => The car uses [x / n] gallons."""),
    ]),
    "school": ("students|children|pupils", [
        one("""
            There are {a} classes of {b:10-30} {u} at the school. => {a} classes of {b} have [a * b] {u}.
            A school has {a} classes with {b:10-30} {u} in each class. => The school has [a * b] {u}.
            One class has {a:10-30} {u} and another has {b:10-30} {u}. => Both classes have [a + b] {u}."""),
        some(0, 2, """
            {n} {u} stay home. => That leaves [x - n] {u}.
            Today {n} {u} are sick. => Today [x - n] {u} come.
            Then {n} teachers join them. => Now there are [x + n] people.
            {n} new {u} join them. => Now there are [x + n] {u}."""),
        one("""
            How many people are there?
            How many people are there now?
            They make teams of {n}. How many teams do they make? => They make [x / n] teams.
            Each one gets {n:2-5} pens. How many things are needed in total? => In total that is [x * n] things.
            Each one needs {n:2-5} sheets of paper. How many sheets are needed? => In total that is [x * n] sheets.
            Each car takes {n} of them. How many cars are needed? => They need [x / n] cars."""),
    ]),
    "hens": ("eggs", [
        one("""
            {N} has {a} hens. Each hen lays {b:2-9} eggs per week. => In one week there are [a * b] eggs.
            A farm has {a} hens and each hen lays {b:2-9} eggs every week. => The hens lay [a * b] eggs per week.
            A farm has {a} hens. They lay {b} eggs a day. They lay for {c:2-7} days. => In {c} days that is [b * c] eggs."""),
        some(0, 2, """
            {N} eats {n} eggs. => Then [x - n] eggs are left.
            {N} gives {n} eggs to {M}. => That leaves [x - n] eggs.
            {n} eggs are broken. => Without them there are [x - n] eggs."""),
        one("""
            How many eggs are left?
            The rest are packed in boxes of {n} eggs. How many boxes are filled? => They fill [x / n] boxes.
            The rest are packed in boxes of {n} eggs. Each box sells for {m} dollars. How many dollars do the boxes sell for? => They fill [y = x / n] boxes. ; The boxes sell for [y * m] dollars.
            Each egg sells for {n} dollars. How much money is that? => At {n} dollars each that is [x * n] dollars."""),
    ]),
    "shopping": ("dollars", [
        one("""
            {N} buys {a} {things} at {b} dollars each and {c} {others} at {e} dollars each. => The {things} cost [y = a * b] dollars. ; The {others} cost [z = c * e] dollars. ; The total is [y + z] dollars.
            A {thing} costs {b} dollars and a {other} costs {e} dollars. {N} buys {a} {things} and {c} {others}. => {a} {things} cost [y = a * b] dollars. ; {c} {others} cost [z = c * e] dollars. ; Together they cost [y + z] dollars.
            {N} buys a {thing} for {a} dollars and a {other} for {b} dollars. => Together they cost [a + b] dollars.
            {N} buys {a} {things} for {b} dollars each. => The {things} cost [a * b] dollars."""),
        one("""
            How much does {N} pay in total?
            What is the total cost?
            {N} pays with {n} dollars. How many dollars does {N} have left? => Then [n - x] dollars are left.
            {N} pays with {n} dollars. {M} gives {N} {m} dollars. How much money is left? => Then [y = n - x] dollars are left. ; Adding {m} gives [y + m] dollars.
            {N} has a coupon for {n} dollars off. How much does {N} pay? => After the coupon it is [x - n] dollars.
            The shop takes {n} dollars off the total. How much does {N} pay? => The price drops to [x - n] dollars.
            The shop takes {p%} off the total. How much does {N} pay? => {p%} of that is [y = x / d] dollars. ; The price drops to [x - y] dollars.
            The cost is split equally among {n:2-6} people. How much does each one pay? => Each one pays [x / n] dollars.
            {n:2-6} friends share the cost equally. How much does each one pay? => Each one pays [x / n] dollars."""),
    ]),
    "wages": ("dollars", [
        one("""
            {N} works {a:2-9} hours each day for {b:3-25} dollars per hour. => One day pays [b * a] dollars.
            {N} earns {b:3-25} dollars per hour and works {a:2-9} hours a day. => One day pays [b * a] dollars.
            {N} earns {b:3-25} dollars per hour and works {a:2-9} hours a day. {N} does this for {c:2-5} days. => One day pays [y = b * a] dollars. ; {c} days pay [y * c] dollars.
            {N} works {a:2-9} hours each day for {b:3-25} dollars per hour. {N} does this for {c:2-5} days. => One day pays [y = b * a] dollars. ; {c} days pay [y * c] dollars.
            {N} earns {b} dollars for each {thing}. {N} makes {a} {things}. => The {things} pay [b * a] dollars."""),
        some(0, 2, BUY), (1, 1, ASK_MONEY),
    ]),
    "ages": ("years", [
        one("""
            {N} is {a:6-40} years old. {M} is {n:2-20} years older than {N}. => The second is [y = a + n] years old.
            {N} is {a:12-60} years old. {M} is {n:2-9} years younger than {N}. => The second is [y = a - n] years old.
            {N} is {a:5-20} years old. {M} is {n:2-4} times as old as {N}. => The second is [y = a * n] years old.
            {N} is {a:8-60} years old. {M} is half as old as {N}. => The second is [y = a / 2] years old.
            {M} is {a:6-40} years old. {M} is {n:2-9} years older than {N}. => The younger is [y = a - n] years old."""),
        one("""
            How old is the other in {n:2-20} years? => In {n} years that is [x = y + n] years.
            How old will the other be in {n:2-20} years? => In {n} years that is [x = y + n] years.
            How old was the other {n:2-9} years ago? => {n} years ago that is [x = y - n] years.
            What is the sum of their ages? => The sum is [x = a + y] years.
            What is the sum of their ages in {n:2-9} years? => The sum is [x = a + y] years. ; Both grow older, so add [z = n * 2] years. ; In {n} years that is [x = x + z] years.
            {O} is {n:2-12} years older than the other. How old is {O}? => The third is [x = y + n] years old."""),
    ]),
    "change": ("dollars", [
        one("""
            {N} has {a:20-120} dollars.
            {N} goes to the shop with {a:20-120} dollars.
            {N} takes {a:20-120} dollars to the market."""),
        one("""
            {N} buys a {thing} for {n} dollars. => Then [x = a - n] dollars are left.
            {N} buys {n} {things} for {m} dollars each. => The {things} cost [y = n * m] dollars. ; Then [x = a - y] dollars are left.
            {N} buys a {thing} for {n} dollars and a {other} for {m} dollars. => Together they cost [y = n + m] dollars. ; Then [x = a - y] dollars are left."""),
        some(0, 2, BUY), (1, 1, ASK_MONEY),
    ]),
    "walking": ("miles|meters|kilometers", [
        one("""
            {N} walks {a} {u} a day for {b:2-7} days. => In {b} days that is [a * b] {u}.
            {N} walks {a} {u} to the lake and {b} {u} to the hill. => Together that is [a + b] {u}.
            {N} runs {a} {u} in the morning and {n:2-3} times as far in the evening. => The evening run is [y = a * n] {u}. ; Together that is [a + y] {u}.
            {N} runs {a} rounds of {b} {u}. => The rounds make [a * b] {u}.
            It is {a} {u} from home to school. {N} goes there and back {n:2-5} times. => There and back is [y = a * 2] {u}. ; {n} times that is [y * n] {u}."""),
        some(0, 1, """
            Then {N} walks {n} more {u}. => Now it is [x + n] {u}.
            Then {N} goes back {n} {u}. => Then it is [x - n] {u}."""),
        one("""
            How many {u} is that in total?
            How many {u} is that?
            The whole way is {n} {u}. How many {u} are left? => Then [n - x] {u} remain.
            {N} walks {n} {u} in one hour. How many hours does that take? => That takes [x / n] hours.
            {M} walks {n} {u} more. How many {u} does {M} walk? => That is [x + n] {u}."""),
    ]),
    "speed": ("miles|kilometers", [
        one("""
            A train goes {a} {u} in {b:2-9} hours. => In one hour it goes [y = a / b] {u}.
            A bike goes {a} {u} in {b:2-9} hours. => In one hour it goes [y = a / b] {u}.
            A boat goes {a} {u} in {b:2-9} hours. => In one hour it goes [y = a / b] {u}."""),
        one("""
            How many {u} does it go in {n:2-9} hours? => In {n} hours it goes [x = y * n] {u}.
            How far does it go in {n:2-9} hours? => In {n} hours it goes [x = y * n] {u}.
            A car goes {n} {u} per hour faster. How many {u} per hour does the car go? => The car goes [x = y + n] {u}.
            A car goes {n:2-4} times as fast. How many {u} per hour does the car go? => The car goes [x = y * n] {u}."""),
    ]),
    "unitrate": ("pencils|cookies|apples|tickets|stamps|pens|lemons|candles", [
        one("""
            {b:2-9} {u} cost {a} dollars. => One costs [y = a / b] dollars.
            {N} pays {a} dollars for {b:2-9} {u}. => One costs [y = a / b] dollars."""),
        one("""
            How many dollars do {n} {u} cost? => {n} of them cost [x = y * n] dollars.
            What do {n} {u} cost? => {n} of them cost [x = y * n] dollars.
            {N} buys {n} {u} and pays with {m} dollars. How many dollars are left? => {n} of them cost [z = y * n] dollars. ; Then [x = m - z] dollars are left."""),
    ]),
    "average": ("points|dollars|pages|miles|goals", [
        one("""
            {N} gets {a} {u}, then {b} {u} and then {c} {u}. => The first two make [y = a + b] {u}. ; All three make [x = y + c] {u}.
            On three days {N} counts {a}, {b} and {c} {u}. => The first two make [y = a + b] {u}. ; All three make [x = y + c] {u}."""),
        one("""
            What is the average? => The average is [x / 3] {u}.
            How many {u} is that on average? => The average is [x / 3] {u}.
            How many {u} is that in total?"""),
    ]),
    "average2": ("points|dollars|pages|miles|goals", [
        one("""
            The average of {N} over {a:3-8} days is {b} {u} a day. => In {a} days that is [x = a * b] {u}.
            In {a:3-8} games {N} makes {b} {u} on average. => In {a} games that is [x = a * b] {u}."""),
        one("""
            How many {u} is that in total?
            The next day adds {n} {u}. What is the total then? => With that it is [x + n] {u}.
            {M} makes {n} {u} in total. How many more {u} does {N} make? => The difference is [x - n] {u}."""),
    ]),
    "perimeter": ("meters|feet|inches", [
        one("""
            A rectangle is {a} {u} long and {b} {u} wide. => Half way around is [y = a + b] {u}. ; All around is [x = y * 2] {u}.
            A field is {a} {u} long and {b} {u} wide. A fence goes all around it. => Half way around is [y = a + b] {u}. ; All around is [x = y * 2] {u}.
            Each side of a square is {a} {u} long. => The four sides make [x = a * 4] {u}.
            The sides of a triangle are {a}, {b} and {c} {u} long. => Two sides make [y = a + b] {u}. ; All sides make [x = y + c] {u}."""),
        one("""
            What is the perimeter?
            How many {u} is it around?
            {N} walks around it {n:2-5} times. How many {u} is that? => {n} times around is [x * n] {u}.
            One of the {u} costs {n:2-9} dollars. What does it cost to go all around? => The cost is [x * n] dollars."""),
    ]),
    "area": ("square meters", [
        one("""
            A room is {a} meters long and {b} meters wide. => The area is [x = a * b] {u}.
            A rectangle is {a} by {b} meters. => The area is [x = a * b] {u}.
            A wall is {a} meters high and {b} meters long. => The area is [x = a * b] {u}.
            The side of a square is {a:2-15} meters. => The area is [x = a * a] {u}."""),
        some(0, 1, """
            A carpet covers {n} {u}. => Then [x - n] {u} are left.
            A door takes up {n} {u}. => Then [x - n] {u} are left.
            A second one has {n} {u}. => Together that is [x + n] {u}."""),
        one("""
            What is the area in {u}?
            How many {u} is that?
            One of the {u} costs {n:2-6} dollars. What is the cost? => The cost is [x * n] dollars."""),
    ]),
    "sums": ("numbers", [
        one("""
            Take the number {x}.
            Start with the number {x}.
            {N} thinks of the number {x}."""),
        some(1, 4, """
            Add {n}. => Adding gives [x + n].
            Subtract {n}. => Subtracting gives [x - n].
            Take away {n}. => Subtracting gives [x - n].
            Multiply by {n}. => The product is [x * n].
            Divide by {n}. => Dividing gives [x / n].
            Double it. => Doubling gives [x * 2].
            Halve it. => Half of that is [x / 2]."""),
        one("""
            What is the result?
            Which number is that?
            What number do you get?"""),
    ]),
    "unknown": ("numbers", [
        one("""
            A number plus {a} is {n}. => The number is [x = n - a].
            If {a} is added to a number, the result is {n}. => The number is [x = n - a].
            If x + {a} = {n}, what is x? => So x is [x = n - a].
            {N} thinks of a number and adds {a}. The result is {n}. => The number is [x = n - a].
            A number minus {a} is {b}. => The number is [x = b + a].
            If x - {a} = {b}, what is x? => So x is [x = b + a].
            {b} times a number is {a}. => The number is [x = a / b].
            If {b} * x = {a}, what is x? => So x is [x = a / b].
            {N} thinks of a number, multiplies it by {c:2-9} and adds {b}. The result is {n}. => Without the {b} it is [y = n - b]. ; The number is [x = y / c].
            {c:2-9} times a number plus {b} is {n}. => Without the {b} it is [y = n - b]. ; The number is [x = y / c].
            If {c:2-9} * x + {b} = {n}, what is x? => Without the {b} it is [y = n - b]. ; So x is [x = y / c].
            If {c:2-9} * x - {b} = {e}, what is x? => Before taking {b} it is [y = e + b]. ; So x is [x = y / c]."""),
        one("""
            What is the number?
            What is {n:2-9} times the number? => {n} times that is [x * n].
            What is the number plus {n}? => Adding gives [x + n]."""),
    ]),
    "twonumbers": ("numbers", [
        one("""
            Two numbers add up to {a} and differ by {b:1-30}. => Without the difference it is [y = a - b]. ; The smaller one is [x = y / 2].
            The sum of two numbers is {a} and one is {b:1-30} larger than the other. => Without the difference it is [y = a - b]. ; The smaller one is [x = y / 2].
            {N} and {M} have {a} coins together. {N} has {b:1-30} more coins than {M}. => Without the difference it is [y = a - b]. ; The smaller one is [x = y / 2]."""),
        one("""
            What is the smaller number?
            What is the larger number? => The larger one is [x + b]."""),
    ]),
    "counting": ("numbers", [
        one("""
            How many whole numbers are there from {a:1-60} to {n}, both included? => The difference is [y = n - a]. ; Counting both ends gives [x = y + 1].
            {N} reads from page {a:1-60} to page {n}. How many pages is that? => The difference is [y = n - a]. ; Counting both ends gives [x = y + 1].
            The houses have the numbers {a:1-60} to {n}. How many houses are there? => The difference is [y = n - a]. ; Counting both ends gives [x = y + 1].
            How many whole numbers are between {a:1-60} and {n}, without {a} and {n}? => The difference is [y = n - a]. ; Without both ends it is [x = y - 1].
            Posts stand every {b:2-9} meters along a path of {a} meters, also at both ends. How many posts are there? => There are [y = a / b] gaps. ; With the first post it is [x = y + 1]."""),
    ]),
    "pairs": ("people|teams|players|friends", [
        one("""
            {a:3-14} {u} meet and each shakes hands with each other once. How many handshakes are there? => Each one meets [y = a - 1] others. ; That counts [z = a * y] handshakes. ; Each is counted twice, so there are [x = z / 2].
            {a:3-14} {u} play and each plays each other once. How many games are there? => Each one meets [y = a - 1] others. ; That counts [z = a * y] games. ; Each is counted twice, so there are [x = z / 2].
            How many pairs can be made from {a:3-14} {u}? => Each one meets [y = a - 1] others. ; That counts [z = a * y] pairs. ; Each is counted twice, so there are [x = z / 2]."""),
        some(0, 1, """
            Each takes {n:2-5} minutes. How many minutes is that? => All of them take [x * n] minutes."""),
    ]),
    "outfits": ("outfits|sets", [
        one("""
            {N} has {a:2-9} shirts and {b:2-9} hats. An outfit is one of each. => The choices make [x = a * b] {u}.
            {N} can choose from {a:2-9} cups and {b:2-9} plates and takes one of each. => The choices make [x = a * b] {u}.
            A menu has {a:2-9} soups and {b:2-9} drinks. {N} takes one of each. => The choices make [x = a * b] {u}."""),
        some(0, 1, """
            There are also {n:2-5} scarfs to choose from. => With them there are [x * n] {u}.
            {n} of the {u} are not allowed. => Without them there are [x - n] {u}."""),
        one("""
            How many {u} are possible?
            How many different {u} can {N} choose?
            In how many ways can {N} choose?"""),
    ]),
    "sequence": ("numbers", [
        one("""
            A list starts with {a} and grows by {b} each time. => The second number is [y = a + b]. ; The third number is [x = y + b].
            A row of numbers starts at {a}. Each number is {b} more than the one before. => The second number is [y = a + b]. ; The third number is [x = y + b].
            A list starts with {a:1-9} and each number is {b:2-3} times the one before. => The second number is [y = a * b]. ; The third number is [x = y * b].
            A list starts with {a:40-120} and falls by {b:2-12} each time. => The second number is [y = a - b]. ; The third number is [x = y - b]."""),
        one("""
            What is the third number?
            What is the sum of the first three numbers? => The first two make [z = a + y]. ; The sum is [x = z + x]."""),
    ]),
    "nthterm": ("numbers", [
        one("""
            A list starts with {a} and grows by {b:2-12} each time. What is number {k:4-12} in the list? => Before it there are [y = k - 1] jumps. ; The jumps make [z = y * b]. ; The number is [x = a + z].
            The first row has {a} stones and each row has {b:2-12} more stones than the row before. How many stones are in row {k:4-12}? => Before it there are [y = k - 1] jumps. ; The jumps make [z = y * b]. ; The number is [x = a + z].
            {N} saves {a} dollars in the first week and {b:2-12} dollars more each week. How many dollars does {N} save in week {k:4-12}? => Before it there are [y = k - 1] jumps. ; The jumps make [z = y * b]. ; The number is [x = a + z]."""),
    ]),
    "remainder": ("eggs|apples|cookies|pencils|cards|candles", [
        one("""
            {N} has {x} {u}.
            {N} has {a} {boxes} with {b} {u} each. => The {boxes} have [a * b] {u}.
            {N} has {a} {u} and gets {b} more. => Now there are [a + b] {u}."""),
        one("""
            {N} fills {q} boxes with {n} {u} each. How many {u} are left over? => The boxes hold [y = q * n] {u}. ; Then [x - y] {u} are left over.
            {N} gives {n} {u} to each of {q} children. How many {u} are left over? => The children get [y = q * n] {u}. ; Then [x - y] {u} are left over."""),
    ]),
    "minutes": ("minutes", [
        one("""
            {N} works for {a:2-5} hours. One hour has 60 minutes. => The hours have [a * 60] minutes.
            {N} plays {a} songs of {b:2-9} minutes each. => The songs take [a * b] minutes.
            {N} has {a} lessons of {b:20-45} minutes each. => The lessons take [a * b] minutes.
            A film takes {x:60-120} minutes."""),
        some(0, 2, """
            Then {N} rests for {n:5-30} minutes. => With the rest it is [x + n] minutes.
            {N} waits for {n:5-30} minutes. => With the wait it is [x + n] minutes.
            {N} is done {n:5-20} minutes early. => Without them it is [x - n] minutes.
            There are {n:2-5} breaks of {m:5-15} minutes each. => The breaks take [y = n * m] minutes. ; With the breaks it is [x + y] minutes."""),
        one("""
            How many minutes is that in total?
            How many minutes does it take?
            How many minutes is half of that? => Half of that is [x / 2] minutes.
            {M} needs {n:5-40} minutes less. How many minutes does {M} need? => That is [x - n] minutes.
            {M} needs {n:5-40} minutes more. How many minutes does {M} need? => That is [x + n] minutes."""),
    ]),
    "discount": ("dollars", [
        one("""
            A {thing} costs {a} dollars. The price drops by {p%}. => {p%} of that is [y = a / d] dollars. ; The new price is [x = a - y] dollars.
            A {thing} costs {a} dollars. The price rises by {p%}. => {p%} of that is [y = a / d] dollars. ; The new price is [x = a + y] dollars.
            A {thing} costs {a} dollars. It is sold at {f} off. => That is [y = a / d] dollars. ; The new price is [x = a - y] dollars."""),
        one("""
            What is the new price?
            What do {n:2-5} {things} cost then? => {n} of them cost [x * n] dollars.
            {N} pays with {n} dollars. How many dollars are left? => Then [n - x] dollars are left."""),
    ]),
    "fraction": ("students|apples|books|cars|flowers|birds|cards", [
        one("""
            There are {a} {u}. {f} of them are red. => That is [y = a / d] {u}.
            There are {a} {u}. {p%} of them are new. => {p%} of that is [y = a / d] {u}.
            {N} sees {a} {u}. {f} of them are small. => That is [y = a / d] {u}."""),
        one("""
            How many {u} are not? => The others are [x = a - y] {u}.
            {n} of the others go away. How many of the others stay? => The others are [z = a - y] {u}. ; Then [x = z - n] {u} stay.
            {f} of the others go away. How many of the others stay? => The others are [z = a - y] {u}. ; That is [w = z / d] {u}. ; Then [x = z - w] {u} stay."""),
    ]),
    "messages": ("messages|minutes|photos|calls", [
        one("""
            {N} sends {a} {u} a day for {b:2-7} days. => In {b} days that is [a * b] {u}.
            {N} sends {a} {u} on {day} and {b} {u} the day after. => Together that is [a + b] {u}.
            A plan has {x:60-200} {u}."""),
        some(1, 2, """
            Then {N} uses {n} more {u}. => Then it is [x + n] {u}.
            {n} of the {u} are deleted. => That leaves [x - n] {u}.
            {N} sends {n} {u} to each of {m:2-6} friends. => The friends get [y = n * m] {u}. ; In total that is [x + y] {u}."""),
        one("""
            How many {u} is that?
            The limit is {n} {u}. How many {u} are left? => Then [n - x] {u} are left.
            Each one costs {n:2-5} cents. How many cents is that? => At {n} cents each that is [x * n] cents."""),
    ]),
    "rope": ("meters|feet|inches", [
        one("""
            A rope is {x:20-150} {u} long.
            {N} has {a} ropes of {b} {u} each. => The ropes have [a * b] {u}.
            {N} ties a rope of {a} {u} to a rope of {b} {u}. => Together that is [a + b] {u}."""),
        some(0, 2, """
            {N} cuts off {n} {u}. => Then [x - n] {u} are left.
            {N} cuts off {n:2-6} pieces of {m:2-12} {u} each. => The pieces have [y = n * m] {u}. ; Then [x - y] {u} are left.
            {N} cuts it in half and keeps one part. => Half of that is [x / 2] {u}.
            {N} adds {n} {u}. => Now there are [x + n] {u}."""),
        one("""
            How many {u} are left?
            How long is it now?
            {N} cuts the rest into {n} equal pieces. How long is each piece? => Each piece has [x / n] {u}.
            {N} cuts the rest into pieces of {n} {u}. How many pieces are there? => There are [x / n] pieces.
            How many {u} shorter than {n} {u} is that? => The difference is [n - x] {u}."""),
    ]),
    "pond": ("fish|ducks|frogs|geese|turtles", [
        one("""
            There are {x} {u} in a pond.
            {a} {u} live in one pond and {b} in another. => Together there are [a + b] {u}.
            {a} ponds have {b} {u} each. => The ponds have [a * b] {u}."""),
        some(1, 3, """
            Then {n} {u} swim away. => Then [x - n] {u} stay.
            Then {n} more {u} come. => Now there are [x + n] {u}.
            {N} catches {n} of the {u}. => That leaves [x - n] {u}.
            {n:2-6} groups of {m:2-9} {u} come. => The groups have [y = n * m] {u}. ; Now there are [x + y] {u}.
            {n:2-6} groups of {m:2-9} {u} leave. => The groups have [y = n * m] {u}. ; Then [x - y] {u} stay.
            The number of {u} doubles in a year. => Doubling gives [x * 2] {u}."""),
        one("""
            How many {u} are there now?
            How many {u} are in the pond now?
            Each one eats {n:2-6} bugs a day. How many bugs is that in one day? => They eat [x * n] bugs.
            {f} of the {u} are young. How many {u} are young? => That is [x / d] {u}."""),
    ]),
    "beads": ("beads|shells|pearls|stars", [
        one("""
            {N} makes {a} chains with {b} {u} on each chain. => The chains need [a * b] {u}.
            A chain needs {b} {u}. {N} makes {a} chains. => {a} chains need [a * b] {u}."""),
        some(0, 1, """
            {N} also makes {n} rings with {m:2-6} {u} each. => The rings need [y = n * m] {u}. ; In total that is [x + y] {u}.
            {n} {u} break and must be replaced. => With them it is [x + n] {u}."""),
        one("""
            How many {u} does {N} need?
            {N} has {n} {u}. How many {u} are left over? => Then [n - x] {u} are left over.
            {N} has only {n} {u}. How many {u} are missing? => Still needed are [x - n] {u}.
            The {u} come in bags of {n}. How many bags does {N} need? => They fill [x / n] bags."""),
    ]),
    "weights": ("pounds|kilograms|tons", [
        one("""
            A truck carries {a} sacks of {b} {u} each. => The sacks weigh [a * b] {u}.
            One stone weighs {a} {u} and another weighs {b} {u}. => Together they weigh [a + b] {u}.
            A crate weighs {a} {u}. There are {b} crates. => The crates weigh [a * b] {u}.
            A dog weighs {a} {u} and a calf weighs {n:2-5} times as much. => The calf weighs [y = a * n] {u}. ; Together they weigh [a + y] {u}."""),
        some(0, 2, """
            {n} {u} are unloaded. => Then [x - n] {u} are left.
            {n} {u} more are loaded. => Now it is [x + n] {u}.
            {n:2-5} barrels of {m} {u} each are loaded. => The barrels weigh [y = n * m] {u}. ; Now it is [x + y] {u}."""),
        one("""
            How many {u} is that?
            How much does it all weigh now?
            The limit is {n} {u}. How many more {u} are allowed? => Still allowed are [n - x] {u}.
            It is carried in {n} equal loads. How many {u} is each load? => Each load is [x / n] {u}."""),
    ]),
    "scores": ("points|goals", [
        one("""
            {N} makes {a} {u} in each of {b:2-8} games. => The games make [a * b] {u}.
            {N} scores {a} {u} in the first game and {b} {u} in the second. => Together that is [a + b] {u}.
            A team scores {a} {u} in the first half and {n:2-4} times as many in the second half. => The second half has [y = a * n] {u}. ; Together that is [a + y] {u}.
            A team scores {a} {u} in the first half and {n} fewer in the second half. => The second half has [y = a - n] {u}. ; Together that is [a + y] {u}."""),
        some(0, 2, """
            {N} loses {n} {u} for a mistake. => That leaves [x - n] {u}.
            {N} gets {n} extra {u}. => Adding {n} gives [x + n] {u}.
            A bonus doubles the {u}. => Doubling gives [x * 2] {u}.
            {n:2-6} shots of {m:2-5} {u} each follow. => The shots make [y = n * m] {u}. ; In total that is [x + y] {u}."""),
        one("""
            How many {u} is that?
            What is the final number of {u}?
            {M} has {n} {u}. By how many {u} does {N} lead? => The difference is [x - n] {u}.
            {N} needs {n} {u} to win. How many {u} are missing? => Still needed are [n - x] {u}."""),
    ]),
    "stairs": ("steps|stairs", [
        one("""
            A tower has {a} floors with {b:5-20} {u} between floors. => The floors make [a * b] {u}.
            {N} climbs {a} {u} and then {b} more {u}. => Together that is [a + b] {u}.
            {N} climbs {a} floors of {b:5-20} {u} each. => The floors make [a * b] {u}."""),
        some(0, 2, """
            Then {N} goes down {n} {u}. => Then it is [x - n] {u}.
            Then {N} goes up {n} more {u}. => Now it is [x + n] {u}."""),
        one("""
            How many {u} is that?
            There are {n} {u} in total. How many {u} are left? => Then [n - x] {u} remain.
            {N} does this {n:2-5} times. How many {u} is that in total? => {n} times that is [x * n] {u}."""),
    ]),
    "tank": ("liters|gallons|buckets", [
        one("""
            A tank holds {x:30-150} {u} of water.
            A pipe fills {a} {u} per minute into a tank for {b:2-12} minutes. => In {b} minutes that is [a * b] {u}.
            A tank has {a} {u} of water. A pipe adds {b} {u} per minute for {c:2-9} minutes. => The pipe adds [y = b * c] {u}. ; Now there are [a + y] {u}.
            One pipe fills {a} {u} per hour and another fills {b} {u} per hour. They run for {c:2-6} hours. => Both fill [y = a + b] {u} per hour. ; In {c} hours that is [y * c] {u}."""),
        some(0, 2, """
            {N} takes out {n} {u}. => Then [x - n] {u} are left.
            A leak loses {n:2-9} {u} per hour for {m:2-9} hours. => The leak loses [y = n * m] {u}. ; Then [x - y] {u} are left.
            {N} pours in {n} {u}. => Now there are [x + n] {u}.
            {f} of the water is used. => That is [y = x / d] {u}. ; Then [x - y] {u} are left."""),
        one("""
            How many {u} are in the tank now?
            How many {u} of water is that?
            The tank can hold {n} {u}. How many {u} are missing? => Still needed are [n - x] {u}.
            The water is poured into cans of {n} {u}. How many cans are filled? => They fill [x / n] cans.
            It runs out at {n} {u} per minute. How many minutes does that take? => That takes [x / n] minutes."""),
    ]),
    "coins": ("cents", [
        one("""
            {N} has {a} coins of 5 cents and {b} coins of 10 cents. => The small coins make [y = a * 5] cents. ; The large coins make [z = b * 10] cents. ; Together that is [y + z] cents.
            {N} has {a} coins of 2 cents and {b} coins of 5 cents. => The small coins make [y = a * 2] cents. ; The large coins make [z = b * 5] cents. ; Together that is [y + z] cents.
            {N} has {a} coins of 10 cents. => The coins make [a * 10] cents."""),
        some(0, 1, """
            {N} spends {n} cents. => Then [x - n] cents are left.
            {N} finds {n} cents. => Adding {n} gives [x + n] cents."""),
        one("""
            How many cents is that?
            How many cents does {N} have?
            A pen costs {n} cents. How many cents are left after buying it? => Then [x - n] cents are left.
            {N} needs {n} cents. How many cents are missing? => Still needed are [n - x] cents."""),
    ]),
    "soup": ("carrots|eggs|potatoes|tomatoes|onions|lemons", [
        one("""
            A soup needs {b} {u}. {N} makes {a:2-9} soups. => {a} soups need [a * b] {u}.
            {N} uses {b} {u} for one meal and cooks {a:2-9} meals. => {a} meals need [a * b] {u}.
            A meal for {c:2-6} people needs {a} {u}. {N} cooks for {b} people. => One person needs [y = a / c] {u}. ; For {b} people that is [y * b] {u}."""),
        some(0, 1, """
            {n} more {u} go into a salad. => With them it is [x + n] {u}.
            {n} {u} are bad and must be replaced. => With them it is [x + n] {u}."""),
        one("""
            How many {u} are needed?
            {N} has {n} {u}. How many {u} are left? => Then [n - x] {u} are left.
            {N} has only {n} {u}. How many {u} are missing? => Still needed are [x - n] {u}.
            One of the {u} costs {n:2-5} dollars. What do they cost? => At {n} dollars each that is [x * n] dollars."""),
    ]),
    "inverse": ("marbles|cards|stickers|coins|apples|beads", [
        one("""
            {N} gives {n} {u} to {M} and has {a} {u} left. => At first there were [x = a + n] {u}.
            {N} buys {n} {u} and then has {a} {u}. => Before that there were [x = a - n] {u}.
            {N} shares {u} equally among {n:2-9} friends and each one gets {a}. => At first there were [x = a * n] {u}.
            {N} gives {n} {u} to {M} and {b} {u} to {O} and has {a} {u} left. => The gifts are [y = n + b] {u}. ; At first there were [x = a + y] {u}.
            {N} doubles the number of {u} and then has {a} {u}. => Before that there were [x = a / 2] {u}.
            {N} gives half of the {u} to {M} and has {a} {u} left. => At first there were [x = a * 2] {u}."""),
        one("""
            How many {u} did {N} have at first?
            How many {u} were there at the start?"""),
    ]),
    "party": ("guests|children|people|friends", [
        one("""
            {N} invites {x} {u}.
            {N} invites {a} {u} and {M} invites {b} {u}. => Together there are [a + b] {u}.
            {a} cars come with {b:2-6} {u} in each car. => The cars bring [a * b] {u}."""),
        some(0, 2, """
            {n} of the {u} do not come. => Then [x - n] {u} come.
            {n} more {u} come. => Now there are [x + n] {u}.
            {p%} of the {u} go home early. => {p%} of that is [y = x / d] {u}. ; Then [x - y] {u} stay."""),
        one("""
            How many {u} are at the party?
            Each one eats {n:2-6} cookies. How many cookies is that? => They eat [x * n] cookies.
            Each one gets {n:2-5} balloons. How many balloons does {N} need? => In total that is [x * n] balloons.
            They sit at {n} tables, the same number at each. How many sit at each table? => Each table has [x / n] {u}."""),
    ]),
    "wall": ("bricks|blocks|tiles|stones", [
        one("""
            A wall has {a} layers of {b} {u}. => The layers have [a * b] {u}.
            {N} builds {a} towers with {b} {u} each. => The towers have [a * b] {u}.
            {N} builds a tower with {a} {u} and another with {n} more {u}. => The other tower has [y = a + n] {u}. ; Together they have [a + y] {u}."""),
        some(0, 2, """
            {n} of the {u} fall off. => Then [x - n] {u} are left.
            Then {N} adds {n} {u}. => Now there are [x + n] {u}.
            Then {N} adds {n:2-6} more layers of {m} {u}. => The new layers have [y = n * m] {u}. ; Now there are [x + y] {u}."""),
        one("""
            How many {u} is that?
            How many {u} are there now?
            {N} has {n} {u}. How many {u} are left over? => Then [n - x] {u} are left over.
            {N} lays {n} {u} per hour. How many hours does that take? => That takes [x / n] hours."""),
    ]),
}

HELD_OUT_STORIES = {
    "parking": ("cars", [
        one("""
            A garage has {a} levels with {b} cars on each level. => The levels have [a * b] cars.
            A garage has {a:2-9} levels of {b} places and all are taken. => The levels have [a * b] cars."""),
        some(1, 2, """
            At noon {n} cars leave. => Then [x - n] cars are left.
            In the evening {n} cars drive in. => Now there are [x + n] cars.
            {f} of the cars drive off. => That is [y = x / d] cars. ; Then [x - y] cars are left."""),
        one("""
            How many cars are in the garage now?
            Each car pays {n:2-6} dollars. How many dollars do they pay? => They pay [x * n] dollars."""),
    ]),
    "aquarium": ("fish", [
        one("""
            A pet shop has {a} tanks with {b} fish in each tank. => The tanks have [a * b] fish.
            A pet shop keeps {a} goldfish and {b} guppies. => Together there are [a + b] fish."""),
        some(1, 2, """
            On {day} the shop sells {n} fish. => Then [x - n] fish are left.
            A new delivery has {n} bags of {m:2-9} fish. => The bags have [y = n * m] fish. ; Now there are [x + y] fish.
            {n} baby fish are born. => Now there are [x + n] fish."""),
        one("""
            How many fish does the shop have now?
            Each fish eats {n:2-5} flakes a day. How many flakes do they eat in a day? => They eat [x * n] flakes.
            The fish move into {n} new tanks, the same number in each. How many are in each new tank? => Each tank gets [x / n] fish."""),
    ]),
    "honey": ("jars", [
        one("""
            A beekeeper has {a} hives and fills {b:2-9} jars of honey from each hive. => The hives give [a * b] jars.
            A beekeeper fills {a} jars of honey in May and {n} more than that in June. => June gives [y = a + n] jars. ; Together that is [a + y] jars."""),
        some(1, 2, """
            {n} jars go to the neighbors. => That leaves [x - n] jars.
            {p%} of the jars are kept for winter. => {p%} of that is [y = x / d] jars. ; Then [x - y] jars are left.
            {N} has {n} jars from last year and adds them. => Now there are [x + n] jars."""),
        one("""
            The rest are sold at {n:2-9} dollars a jar. How many dollars is that? => At {n} dollars each that is [x * n] dollars.
            How many jars can be sold?
            A case holds {n} jars. How many cases are filled? => They fill [x / n] cases."""),
    ]),
    "printer": ("sheets", [
        one("""
            A printer prints {a} sheets per minute and runs for {b:2-9} minutes. => In {b} minutes it prints [a * b] sheets.
            A fast printer prints {a} sheets per minute. A slow printer prints {n} fewer per minute. Both run for {c:2-6} minutes. => The slow one prints [y = a - n] sheets. ; Both print [z = a + y] sheets per minute. ; In {c} minutes they print [z * c] sheets."""),
        some(0, 2, """
            {n} sheets come out dirty and are thrown out. => That leaves [x - n] sheets.
            {N} prints {n} extra sheets. => Now there are [x + n] sheets."""),
        one("""
            How many clean sheets are there?
            {N} makes booklets of {n} sheets. How many booklets is that? => They make [x / n] booklets.
            The job needs {n} sheets. How many sheets must still be printed? => Still needed are [n - x] sheets."""),
    ]),
    "camp": ("campers", [
        one("""
            A camp has {a} tents and {b:2-9} campers sleep in each tent. => The tents have [a * b] campers.
            {a} girls and {b} boys arrive at a camp. => Together there are [a + b] campers."""),
        some(1, 2, """
            {n} campers go home on {day}. => That leaves [x - n] campers.
            A van brings {n} new campers. => Now there are [x + n] campers."""),
        one("""
            They are divided into canoes of {n}. How many canoes are used? => They use [x / n] canoes.
            Every camper roasts {n:2-5} sausages. How many sausages do they roast? => They roast [x * n] sausages.
            How many campers are at the camp now?"""),
    ]),
    "album": ("songs", [
        one("""
            {N} has {a} records with {b} songs on each. => The records have [a * b] songs.
            {N} downloads {a} songs and then {n:2-4} times as many. => The second time it is [y = a * n] songs. ; Together that is [a + y] songs."""),
        some(0, 2, """
            {N} erases {n} songs that are boring. => That leaves [x - n] songs.
            {M} copies {n} songs over for {N}. => Now there are [x + n] songs.
            {N} already knew half of the songs and skips them. => Half of that is [x / 2] songs."""),
        one("""
            Each song lasts {n:2-5} minutes. How many minutes does the music last? => The music lasts [x * n] minutes.
            How many songs can {N} play?
            {N} sorts them into {n} lists of equal length. How many songs are on each list? => Each list gets [x / n] songs."""),
    ]),
    "ferry": ("passengers", [
        one("""
            A ferry makes {a} trips with {b} passengers on each trip. => The trips carry [a * b] passengers.
            A ferry carries {a} passengers in the morning and {n} fewer in the afternoon. => The afternoon has [y = a - n] passengers. ; Together that is [a + y] passengers."""),
        some(0, 1, """
            {n} of the passengers are crew and travel free. => Then [x - n] passengers pay.
            A second ferry carries {n} passengers. => Together that is [x + n] passengers."""),
        one("""
            A trip costs {n:2-6} dollars. How many dollars do the passengers pay? => They pay [x * n] dollars.
            How many passengers are counted?
            The goal is {n} passengers. How many passengers are missing? => Still needed are [n - x] passengers."""),
    ]),
}


def tell(rng, name, units, slots, words=None):
    """Draws one problem of a story family; Impossible when the dice do not fit."""
    story = Story(rng, name, units, words)
    for least, most, productions in slots:
        last = None
        for _ in range(rng.randint(least, most)):
            production = rng.choice(productions)
            if production == last:
                continue
            last = production
            story.add(production)
    if not story.steps or len(story.steps) > 7:
        raise Impossible
    if len(story.steps) == 1 and rng.random() < 0.6:
        raise Impossible
    distractor = None
    if len(slots) > 2 and rng.random() < 0.15:
        number = rng.randint(2, 60)
        distractor = rng.choice(DISTRACTORS).replace("{n}", str(number)).format(**story.words)
        story.numbers.append(number)
    if rng.random() < 0.35:
        story.pronouns()
    return story.problem(shuffle_distractor=distractor)


def days_later(rng, name):
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    start, count, ago = rng.randrange(7), rng.randint(2, 27), rng.random() < 0.35
    if count in (7, 14, 21):
        raise Impossible
    sign, word = (-1, "before") if ago else (1, "after")
    weeks = count // 7

    def solve(slip_at=None):
        steps, rest, slip = [], count, lambda: rng.choice((-1, 1))
        if weeks:
            full = 7 * weeks + (slip() if slip_at == len(steps) + 1 else 0)
            text = f"{weeks} * 7 = {full}"
            steps.append((f"The full weeks have {text} days.", text))
            rest = count - full + (slip() if slip_at == len(steps) + 1 else 0)
            text = f"{count} - {full} = {rest}"
            steps.append((f"Then {text} days are left.", text))
            if rest < 1:
                raise Impossible
        day = (start + sign * rest + (slip() if slip_at == len(steps) + 1 else 0)) % 7
        day_word = "day" if rest == 1 else "days"
        text = f"{rest} {day_word} {word} {days[start]} is {days[day]}"
        steps.append((text + ".", text))
        return steps, days[day]

    text = rng.choice((f"Today is {days[start]}.", f"It is {days[start]} today.", f"It is {days[start]}."))
    text += f" Which day was it {count} days ago?" if ago else rng.choice(
        (f" Which day is it in {count} days?", f" What day of the week is it in {count} days?"))
    return stated(name, text, solve, 3 if weeks else 1)


RELATIONS = [("older", "younger", "oldest", "youngest"), ("taller", "shorter", "tallest", "shortest"),
             ("faster", "slower", "fastest", "slowest"), ("richer", "poorer", "richest", "poorest"),
             ("heavier", "lighter", "heaviest", "lightest"), ("stronger", "weaker", "strongest", "weakest")]


def order(rng, name):
    people = rng.sample(PERSONS["she"] + PERSONS["he"], 3)
    more, less, most, least = rng.choice(RELATIONS)
    first, second, third = people
    facts = [(first, second), (second, third)]
    told = [f"{a} is {more} than {b}." if rng.random() < 0.5 else f"{b} is {less} than {a}." for a, b in facts]
    if rng.random() < 0.5:
        told.reverse()
    asked = rng.choice((0, 2))

    def solve(slip_at=None):
        flip = lambda pair: (pair[1], pair[0])
        one, two = facts
        one = flip(one) if slip_at == 1 else one
        two = flip(two) if slip_at == 2 else two
        order = [first, second, third]
        if slip_at == 1:
            order = [second, first, third]
        if slip_at == 2:
            order = [first, third, second]
        if slip_at == 3:
            order = rng.choice([[third, second, first], [second, first, third], [first, third, second]])
        answer = order[asked]
        if slip_at == 4:
            answer = rng.choice([p for p in people if p != answer])
        texts = [f"{a} is {more} than {b}" for a, b in (one, two)]
        texts.append("The order is " + ", ".join(order))
        texts.append(f"The {(most, None, least)[asked]} is {answer}")
        return [(t + ".", t) for t in texts], answer

    text = " ".join(told) + f" Who is the {(most, None, least)[asked]}?"
    return stated(name, text, solve, 4)


def liars(rng, name):
    people = rng.sample(PERSONS["she"] + PERSONS["he"], rng.randint(2, 4))
    truth = [rng.random() < 0.5 for _ in people]
    claims = []
    for index in range(len(people) - 1):
        says = truth[index + 1] == truth[index]
        claims.append(f"{people[index]} says that {people[index + 1]} {'tells the truth' if says else 'lies'}.")

    def word(value):
        return "tells the truth" if value else "lies"

    def solve(slip_at=None):
        steps, believed = [], list(truth)
        for index in range(len(people) - 1):
            says = truth[index + 1] == truth[index]
            believed[index + 1] = says == believed[index]
            if slip_at == index + 1:
                believed[index + 1] = not believed[index + 1]
            text = f"{people[index]} {word(believed[index])}, so {people[index + 1]} {word(believed[index + 1])}"
            steps.append((text + ".", text))
        return steps, "yes" if believed[-1] else "no"

    known = f"{people[0]} always {'tells the truth' if truth[0] else 'lies'}."
    text = rng.choice(("Each person always lies or always tells the truth. ", "")) + known + " "
    text += " ".join(claims) + f" Does {people[-1]} tell the truth?"
    return stated(name, text, solve, len(people) - 1)


def stated(name, text, solve, count):
    """A problem with statements for steps and one wrong draft for every step."""
    def steps_of(pairs):
        return [Step(before=line, after="", statement=core) for line, core in pairs]

    pairs, answer = solve()
    variants = []
    for at in range(1, count + 1):
        try:
            wrong, wrong_answer = solve(at)
        except Impossible:
            continue
        if wrong_answer != answer:
            variants.append((at, steps_of(wrong), wrong_answer))
    return Problem(name, text, steps_of(pairs), answer, (text,), None, variants)


SPECIAL = {"days": days_later, "order": order, "liars": liars}
TRAINED = sorted(STORIES) + sorted(SPECIAL)
HELD_OUT = sorted(HELD_OUT_STORIES)
# Families with many compositions are drawn more often, those with one or two shapes less.
WEIGHTS = {"mixed": 8, "places": 16, "anywhere": 10, "inventory": 5, "compare": 2, "shopping": 2, "sums": 2, "savings": 1.5, "wages": 1.5,
           "chain": 1.5, "counting": 0.7, "pairs": 0.5, "nthterm": 0.7, "outfits": 0.6, "area": 0.7,
           "speed": 0.7, "days": 0.7, "order": 0.7, "liars": 0.7, "average2": 0.7}


def attempt(rng, family):
    if family in SPECIAL:
        return SPECIAL[family](rng, family)
    stories = STORIES if family in STORIES else HELD_OUT_STORIES
    return tell(rng, family, *stories[family])


def draw(rng, families=TRAINED):
    """One problem of one of the families, by weight."""
    family = rng.choices(families, [WEIGHTS.get(f, 1.0) for f in families])[0]
    while True:
        try:
            return attempt(rng, family)
        except Impossible:
            continue
