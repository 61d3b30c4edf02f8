"""Generated text in which a line says k different words twice: does a model look back exactly k words?"""

import random
from itertools import chain

import numpy as np

from model.errors import DataError
from model.text.language import LINE_END, iterate_pieces

PREFIX = "repeat"
TOKENS = 200_000
LEAST_TOKENS, MOST_TOKENS = 2_000, 10_000_000
SHORTEST, LONGEST = 2, 30  # words that a line repeats
_SEED = 13

WORDS: dict[str, tuple[str, ...]] = {
    "en": tuple(
        "apple bread butter cheese honey lemon onion pepper potato sugar basket bottle bucket candle carpet "
        "chair clock curtain drawer hammer kettle ladder lamp mirror needle pillow plate pocket shovel spoon "
        "table towel window bridge castle forest garden island market mountain river station village donkey "
        "eagle goose horse rabbit tiger turtle".split()
    ),
    # No two of these, written side by side, contain a third across their seam.
    "zh": tuple(
        "蘑菇 土豆 黄瓜 鸡蛋 牛奶 蛋糕 面条 饺子 豆腐 荔枝 雨伞 钥匙 蜡烛 冰箱 袜子 裤子 勺子 筷子 扇子 毯子 "
        "椅子 镜子 梯子 篮子 盘子 帽子 围巾 衬衫 窗户 厨房 花园 医院 机场 火车 邮差 裁缝 骆驼 狐狸 大象 蝴蝶 "
        "青蛙 鲸鱼 铅笔 字典 闹钟 月亮 彩虹 沙漠 岛屿 钢琴".split()
    ),
}
_GLUE = {"en": " ", "zh": ""}


def generate(*, tokens: int = TOKENS, language: str = "en") -> str:
    """Write lines of k different words followed by the same k words, for at least so many tokens of unit "words".

    k is uniform in 2 to 30, and a line has 2 k + 1 tokens with its end. Always the same for the same arguments.
    Raises DataError for an unknown language, or tokens out of range.
    """
    if language not in WORDS:
        raise DataError(f"Repeating text is in {' or '.join(WORDS)}, not in {language!r}.")
    if not LEAST_TOKENS <= tokens <= MOST_TOKENS:
        raise DataError(
            f"Repeating text has {LEAST_TOKENS:,} to {MOST_TOKENS:,} tokens, not {tokens:,}; choose a number there."
        )
    uniform = random.Random(_SEED).random  # the one method whose sequence Python promises for a seed
    lines, written = [], 0
    while written < tokens:
        k = SHORTEST + int(uniform() * (LONGEST - SHORTEST + 1))
        words = sorted(WORDS[language], key=lambda word: uniform())[:k]
        lines.append(_GLUE[language].join(words + words) + LINE_END)
        written += 2 * k + 1
    return "".join(lines)


def generate_named(name: str) -> str:
    """Write the text that "repeat[:zh][:tokens]" stands for; raises DataError for another form."""
    prefix, *rest = name.split(":")
    language = rest.pop(0) if rest and rest[0] in WORDS else "en"
    tokens = rest.pop(0) if rest else str(TOKENS)
    if prefix != PREFIX or rest or not (tokens.isascii() and tokens.isdigit() and len(tokens) < 20):
        strange = rest[0] if rest else tokens
        raise DataError(
            f"{name[:80]}: {strange[:80]!r} is no number of tokens; "
            f"write {PREFIX}[:zh][:tokens], such as {PREFIX}:zh:50000."
        )
    return generate(tokens=int(tokens), language=language)


def decided(text: str) -> np.ndarray:
    """For each token of a text, read as "words", the k at whose distance stands the word that it must be, or 0.

    Returns int32 (N,), as long as the stream of ids. Decided are the second k words of a line from the second of
    them on: only then has the line shown how far back it repeats. Any other line decides nothing.
    """
    found: list[int] = []
    line: list[str] = []
    for key in chain(chain.from_iterable(iterate_pieces(text, "words")), [None]):
        if key not in (LINE_END, None):
            line.append(key)
            continue
        k, odd = divmod(len(line), 2)
        repeats = not odd and k >= SHORTEST and line[:k] == line[k:]
        found += [0] * (k + 1) + [k] * (k - 1) if repeats else [0] * len(line)
        if key == LINE_END:
            found.append(0)
        line = []
    return np.array(found, np.int32)


def catalogue_entry() -> dict:
    """Describe the text as corpora.corpora_catalogue() lists texts."""
    return {
        "name": PREFIX,
        "title": "Words that repeat",
        "description": f"Each line says {SHORTEST} to {LONGEST} words, then the same words again: "
        "whoever looks back that far knows what comes.",
        "language": "en, zh",
        "characters": None,
        "origin": f"generated, any size: {PREFIX}[:zh][:tokens]",
        "licence": "none needed",
        "available": True,
        "install": None,
    }
