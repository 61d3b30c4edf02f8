"""The words of generated texts. No two Chinese ones, written side by side, contain a third across their seam."""

from typing import NamedTuple


class Words(NamedTuple):
    """What a language offers to the tasks; a pair is (first class, second class)."""

    glue: str  # between words
    filler: tuple[str, ...]  # says nothing
    keywords: tuple[tuple[str, ...], tuple[str, ...]]  # negative, positive
    judgements: tuple[tuple[str, ...], tuple[str, ...]]  # negative, positive, and good to negate
    negation: str
    distractors: tuple[str, ...]  # as colourful as keywords, and the same in both classes
    ordered: tuple[str, str]
    counted: tuple[tuple[str, ...], tuple[str, ...]]  # animals, fruit
    paired: tuple[str, str]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WORDS: dict[str, Words] = {
    "en": Words(
        glue=" ",
        filler=_words(
            "the a we they she he it this that then while after before again here there today later almost still "
            "window kitchen garden station letter ticket table bottle candle basket pencil mirror village bridge "
            "neighbour teacher doctor driver cousin guest opened carried found waited remembered visited cleaned "
            "counted moved bought painted answered walked looked with under behind near from into"
        ),
        keywords=(("terrible", "awful", "dreadful"), ("excellent", "wonderful", "superb")),
        judgements=(("bad", "poor", "dull"), ("good", "nice", "clever")),
        negation="not",
        distractors=("distant", "wooden", "hollow", "narrow", "transparent", "curved", "heavy", "unfamiliar"),
        ordered=("monday", "friday"),
        counted=(("horse", "goat", "camel", "rabbit"), ("apple", "pear", "cherry", "lemon")),
        paired=("red", "blue"),
    ),
    "zh": Words(
        glue="",
        filler=_words(
            "我们 他们 竟然 甚至 陪伴 拥抱 邀请 歇息 凌晨 裁缝 邮差 烟囱 扫帚 枕巾 蘑菇 胡萝卜 电话 "
            "但是 已经 继续 看见 睡觉 厨房 杯子 孩子 消息 忽然 雨伞 钥匙 邮局 电梯 蜡烛 冰箱 仍然 "
            "几乎 似乎 依然 收到 忘记 记得 遇见 购买 收拾 袜子 裤子 勺子 筷子 袋子 扇子 毯子"
        ),
        keywords=(("糟糕", "丑陋", "肮脏"), ("舒服", "美妙", "优秀")),
        judgements=(("糟糕", "丑陋", "昂贵"), ("舒服", "美妙", "优秀")),
        negation="不",
        distractors=("柔软", "透明", "笨重", "遥远", "朦胧", "轻便", "陌生", "椭圆"),
        ordered=("纽约", "曼谷"),
        counted=(("猴子", "兔子", "骆驼", "狐狸"), ("葡萄", "樱桃", "芒果", "荔枝")),
        paired=("蓝色", "紫色"),
    ),
}
