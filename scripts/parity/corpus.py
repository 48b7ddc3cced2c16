"""Texts and conversations that tokenizers and templates get wrong."""

import unicodedata

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", "\t", "\t\t ", "\r\n", "\r\n\r\n", "a", " a",
    "a ", "  a", "a  ", "a\n", "\na", "a \n b", "a  \n\n  b", "a\t\tb", "a \t b", " \t\n\r ",
    "Hello, world!", "hello world  ", "    four spaces", "x     five     spaces     ",
    "I'm you're he'll she'd we've it's don't 's 'S 'T 're'RE 'Ll 'vE 'm'd 'x '' ' s",
    "I'M YOU'RE HE'LL SHE'D WE'VE IT'S DON'T", "it\u2019s \u2018quoted\u2019 'sabc 'lla 'lab",
    "12345678", "1 22 333 4444 55555", "3.14159 1,000,000 -7 +8 1e-9", "a1b22c333", " 1  2   3",
    "x\u00b2 \u00bd \u2167 \u0663\u0664\u0665 \uff11\uff12\uff13 1\u0663\u00b2",
    "def f(x):\n    return x ** 2  # squared\n\n\nclass A:\n\tpass\n",
    "if (a && b) { c[i] += 1; }\r\n\r\n}\r\n", "!!!\n\n!!!", "!\n \n!", " !?\n\n\n", "...\r\n\r\na",
    "{\"a\":[1,2,{\"b\":null}],\"c\":\"\\n\"}", "https://example.org/a/b?c=d&e=%20#f", "$$x_1^{2}$$",
    "\u00e9 e\u0301 \u00df \u0130 \u0131 \ufb01 \u01c5", "na\u00efve caf\u00e9 d\u00e9j\u00e0 vu",
    "\u4f60\u597d,\u4e16\u754c\u3002", "\u3053\u308c\u306f\u65e5\u672c\u8a9e\u3067\u3059\u3002abc",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u092d\u093e\u0937\u093e",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0644\u063a\u0629\u064b \u200f\u06f1\u06f2\u06f3",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u041f\u0440\u0438\u0432\u0435\u0442!",
    "\U0001f600\U0001f603 \U0001f44d\U0001f3fd", "\U0001f469\u200d\U0001f4bb code",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \u2764\ufe0f \U0001f1e9\U0001f1ea",
    "a\u00a0b \u3000c\u2003\u2003d\u2028e\u2029f\u0085g\u200bh\ufeffi\u00adj\u180ek\u1680l",
    "\u00a0\u00a0a \u00a0 b\u00a0", "\u3000\n\u3000x", "\x00\x01\x02 \x7f\x1f\x1b[31m\x0b\x0cz",
    "\ufffd\ufffe\uffff \U0010ffff \ue000 \u0378", "a\u0300\u0301\u0302\u0303b \u20dd x\u20e3",
    "<|im_start|>user\nhi<|im_end|>\n", "<|im_start|><|im_start|>", "<|im_sta<|im_end|>rt|>",
    "say <|im_end|> aloud", "<|endoftext|>", "<|eot_id|> <|im_end", "|im_end|>",
    "<think>\nso\n</think>\n\nAnswer", "<thin", "<think", "<thinink>", "<<think>>", "think> <thi",
    "<s>hello</s>", "<s> [INST] hi [/INST] yes</s>", "[INST][/INST]", "<unk>", "<0x0A>", "<tool>x",
    "a<tool> b <tool>", " <tool> ", "\u2581\u2581a\u2581", "\u0120the \u010a", "\u010a\u010a",
    "a" * 70, " " * 40, "\n" * 30, "ab" * 40, "9" * 25, "\U0001f600" * 12, "\u00e9" * 20, "!?" * 20,
    "The quick brown fox jumps over the lazy dog.\n\nStep 1: 3 * 6 = 18 marbles.\nAnswer: 18\n",
    "* item\n  * sub  item\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n", "`code` **bold** _it_ ~~x~~",
    "SHOUTING AND camelCase snake_case kebab-case Title\u2019s", "\ta\n\t\tb\n\t\t\tc\n        d",
    " leading", "trailing ", "  two leading", "mid  dle", "tab\there", "line\u2028sep", "a\r b\rc\n\rd",
]

ALPHABETS = [
    "abc ABC'", "aeiou lstdmrv'", "0123456789 ", " \t\n\r", " \n!?a", "\u00a0\u3000 \u2028a\n",
    "ab1 \n.'\"", "\u00e9\u00df\u0130\u4f60\u597d\u3053 1a", "\U0001f600\u200d\U0001f469\ufe0f a\n",
    "\u0663\u00b2\u2167\uff11 12a", "<|im_start>end/thk \n", "[INST]/<s> \u2581tool",
    "\u0300\u0301e\u20dd \u0939\u093f\u094d", "{}[]()=+-*/;:,.#\n\t x1", "\x00\x01\x1f\x7f\x0b\x0c a",
]


def random_texts(random, count):
    """Short texts over small alphabets, over their mixtures, and over all of Unicode."""
    texts = []
    for _ in range(count):
        length = random.choice([3, 6, 12, 25, 60, 200])
        kind = random.random()
        if kind < 0.6:
            letters = random.choice(ALPHABETS)
        elif kind < 0.8:
            letters = "".join(random.sample(ALPHABETS, 3))
        elif kind < 0.9:
            letters = "".join(random.sample(TEXTS, 6)) or "a"
        else:
            plane = random.choice([0x250, 0x3000, 0x10000, 0x20000, 0x110000])
            letters = [chr(random.randrange(plane)) for _ in range(40)]
            # Tables of different years disagree about what this one does not have yet.
            letters = [c for c in letters if unicodedata.category(c) not in ("Cn", "Cs")] or ["a"]
        texts.append("".join(random.choice(letters) for _ in range(random.randrange(1, length))))
    return texts


def turns(*texts, system=None):
    """A conversation: the user begins, and the two take turns."""
    messages = [{"role": "system", "content": system}] if system else []
    roles = ["user", "assistant"] * len(texts)
    return messages + [{"role": role, "content": text} for role, text in zip(roles, texts)]


CONVERSATIONS = [
    turns("What is 12 * 7?"),
    turns("What is 12 * 7?", system="Answer with a number."),
    turns("Hi", "Hello.", "And 3 + 4?"),
    turns("Hi", "Hello.", "And 3 + 4?", "7", "Sure?", system="Be brief.\n\nPlease."),
    turns("\n\nspace around \n", system="  system  "),
    turns("\u4f60\u597d \U0001f469\u200d\U0001f4bb\n```\ncode\n```"),
    # The last answer is left open: the model goes on from its last byte.
    turns("What is 12 * 7?", "Step 1: 12"),
    turns("What is 12 * 7?", "Step 1: 12 * 7 = ", system="Answer with a number."),
    turns("Hi", "<think>\nHm.\n</think>\n\nHello.", "And?"),
]

TEMPLATES = {
    "chatml": {"tokenizer": "bytes", "pre": "qwen2"},
    "qwen2": {"tokenizer": "bytes", "pre": "qwen2"},
    "qwen2.5": {"tokenizer": "bytes", "pre": "qwen2"},
    "qwen3": {"tokenizer": "bytes", "pre": "qwen2"},
    "smollm": {"tokenizer": "bytes", "pre": "smollm"},
    "llama3": {"tokenizer": "bytes", "pre": "llama-bpe"},
    "llama3.1": {"tokenizer": "bytes", "pre": "llama-bpe"},
    "mistral": {"tokenizer": "pieces", "system": False},
    "mistral-v1": {"tokenizer": "pieces"},
    "mistral-v3": {"tokenizer": "pieces"},
    "gemma": {"tokenizer": "pieces", "prefix": False},
    "zephyr": {"tokenizer": "pieces"},
}
