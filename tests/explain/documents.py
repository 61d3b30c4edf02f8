"""Documents as Explanation.to_dict() gives them, by hand, and texts that try to get out of their quotes."""

from model.text.segmentation import segment

HOSTILE = {
    "script": "good <script>alert(1)</script> film",
    "closing": "</style></title></textarea></span></text></svg>--></script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover='alert(1)' x=` style=\"--a:1\" title='",
    "entities": "&lt;b&gt; &amp;amp; &#60;i&#x3e; &nbsp &eacute; &unknown; AT&T",
    "cdata": "<![CDATA[ x ]]> ]]> <?php echo 1 ?> <!-- a -->",
    "doctype": "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]> &y;",
    "directions": "abc \u202eevil\u202c \u2067right\u2069 \u200f\u061c \u2066 never closed \u202d",
    "nulls": "\x00\x00 a\x00b \x00",
    "controls": "".join(map(chr, range(0x20))) + "bell\x07 \x7f \x80\x85\x9f \ufffe\uffff \x1b[31m",
    "surrogates": "\ud800 a\udfff \udc80b \ud83d",
    "newlines": "one\rtwo\r\nthree\n\n\nfour\u2028five\u2029six\x0bseven\x0ceight\x85nine",
    "commands": "\\input{/etc/passwd} \\write18{rm -rf} \\def\\x{}\\x \\\\ \\end{document}",
    "signs": "$x^2_1$ 50% #1 ~ ^^41 ^^M -- ?` !` ``x'' <<a>> [*] |",
    "formula": "=cmd|'/c calc'!A0 @SUM(1) +1 -1 ＝1 \t=1",
    "template": "{{7*7}} ${x} #{y} <%= z %> {% q %} %s {0}",
    "emoji": "👩‍👩‍👧‍👦 👍🏽 🇫🇷🇩🇪 1️⃣ ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "marks": "e\u0301\u0302\u0303 n\u0303 \u0301alone Z" + "\u0300" * 300 + " नमस्ते ไทย",
    "right to left": "هذا الفيلم (IMDB 7.5) ليس سيئاً! שלום world 42",
    "unspaced": "这家酒店的位置非常好，房间也很干净。ｆｕｌｌ 日本語カタカナ",
    "spaces": "  a\t\tb\u00a0\u3000c \u200b\ufeff d  ",
}


def explained(text, *, read=None, weights=None, unknown=(), target="positive", **attributions):
    """A document about `text`, of which `read` characters were read; by default weights fall from left to right."""
    spans = segment(text[:read] if read is not None else text).spans
    count = len(spans)
    weights = weights or [2 * (count - place) / (count * (count + 1)) for place in range(count)]
    return {
        "text": text,
        "prediction": "positive",
        "target": target,
        "probabilities": {"negative": 0.25, "positive": 0.75},
        "logit": 1.5,
        "baseline_logit": 0.5,
        "tokens": [
            {"text": text[start:end], "start": start, "end": end, "known": place not in unknown}
            for place, (start, end) in enumerate(spans)
        ],
        "truncated_at": read,
        "attention": {"weights": weights, "scores": None, "per_head": None, "names": None, "sentences": None},
        "attributions": {
            name: {"values": values, "convergence_delta": None, "seconds": 0.002}
            for name, values in attributions.items()
        },
        "agreement": {name: {"kendall_tau": 0.25, "top_k": 2, "top_k_overlap": 0.5} for name in attributions},
        "faithfulness": {},
    }


def without_attention(document):
    """The same document, of a network that does not attend."""
    return {**document, "attention": None, "agreement": {}}
