"""Where sentences begin and end in a batch of ids, and the same words rearranged with one sentence in each row."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

# A longer sentence is cut into pieces of this many tokens, the last one shorter: rows are as wide as the longest
# sentence of a batch, and so this bounds its memory. In reviews of films (IMDB) 3 % of the sentences are longer.
LONGEST = 50

_CLOSES, _ENDS = 1, 2


class Sentencer(nn.Module):
    """Numbers the sentences of texts by the ids of the marks that end one and of those that close after an end.

    A sentence goes up to and with a run of end marks and the closing quotes and brackets right behind it. A full stop
    after an abbreviation looks no different: ids do not tell. It learns nothing, and no state dict holds it.
    """

    def __init__(self, vocabulary_size: int, ends: tuple[int, ...], closers: tuple[int, ...]):
        super().__init__()
        kinds = torch.zeros(vocabulary_size, dtype=torch.uint8)
        kinds[list(closers)] = _CLOSES
        kinds[list(ends)] = _ENDS
        self.register_buffer("kinds", kinds, persistent=False)  # (V,)

    def forward(self, ids: Tensor) -> Tensor:
        """The number of the sentence of each token of ids (B, T), from 0 on and never falling, (B, T)."""
        kinds = self.kinds[ids]  # (B, T)
        place = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        nowhere = torch.full_like(place, -1)
        last_word = _running_maximum(place.where(kinds == 0, nowhere))
        last_end = _running_maximum(place.where(kinds == _ENDS, nowhere))
        in_tail = (kinds > 0) & (last_end > last_word)  # an end mark, or what closes behind one
        begins = torch.zeros_like(in_tail)
        begins[:, 1:] = in_tail[:, :-1] & ~in_tail[:, 1:]
        begin = _running_maximum(place.where(begins, torch.zeros_like(place)))
        begins |= (place > begin) & ((place - begin) % LONGEST == 0)
        return begins.cumsum(1)


def pieces(texts: int, tokens: int, device: torch.device) -> Tensor:
    """Numbers (B, T) for texts of which no sentences are known: each is one sentence, cut like any other."""
    return (torch.arange(tokens, device=device) // LONGEST).expand(texts, tokens)


def _running_maximum(places: Tensor) -> Tensor:
    return places.cummax(1).values if places.shape[1] else places


class Layout(NamedTuple):
    """The real tokens of B texts rearranged to R rows of W places, one sentence in each, in the order of the texts.

    `place` (R, W) is where a word stands among the B * T tokens and `words` (R, W) is True where there is one;
    `lengths` (R,). Row r is sentence `number[r]` of text `text[r]`; `sentences` (B, M) is True for real sentences.
    """

    shape: tuple[int, int]
    place: Tensor
    words: Tensor
    lengths: Tensor
    text: Tensor
    number: Tensor
    sentences: Tensor

    def by_sentence(self, tokens: Tensor) -> Tensor:
        """Values of the tokens (N, T) as (N, R, W) for one text, as (1, R, W) for several (N = B); 0 elsewhere."""
        one = self.shape[0] == 1
        rows = tokens[:, self.place] if one else tokens.flatten()[self.place].unsqueeze(0)
        return rows * self.words

    def by_token(self, rows: Tensor) -> Tensor:
        """Values of the words (R, W) as values of the tokens (B, T); 0 on padding."""
        tokens = rows.new_zeros(self.shape).flatten()
        return tokens.index_put((self.place[self.words],), rows[self.words]).view(self.shape)

    def by_text(self, rows: Tensor) -> Tensor:
        """Values or vectors of the sentences (N, R, ...), by text: (N, M, ...) for one, (B, M, ...) for several."""
        if self.shape[0] == 1:
            return rows
        return rows.new_zeros(*self.sentences.shape, *rows.shape[2:]).index_put((self.text, self.number), rows[0])


def lay_out(sentences: Tensor, mask: Tensor | None) -> Layout:
    """Rearrange tokens by sentence: numbers (B, T), never falling in a text; mask (B, T), None for no padding."""
    texts, tokens = sentences.shape
    device = sentences.device
    real = torch.ones_like(sentences, dtype=torch.bool) if mask is None else mask
    place = real.flatten().nonzero().squeeze(1)  # of the real tokens
    text, number = place // max(tokens, 1), sentences.flatten()[place]
    begins = torch.ones_like(place, dtype=torch.bool)
    begins[1:] = (text[1:] != text[:-1]) | (number[1:] != number[:-1])
    begin = begins.nonzero().squeeze(1)  # (R,)
    lengths = torch.cat([begin[1:], begin.new_tensor([len(place)])[: len(begin)]]) - begin  # (R,)
    steps = torch.arange(int(lengths.max()) if len(lengths) else 0, device=device)  # (W,)
    words = steps < lengths.unsqueeze(1)  # (R, W)
    text = text[begin]  # (R,)
    count = torch.bincount(text, minlength=texts)  # (B,) sentences of each text
    number = torch.arange(len(begin), device=device) - (count.cumsum(0) - count)[text]  # (R,)
    most = int(count.max()) if texts else 0
    return Layout(
        shape=(texts, tokens),
        place=place[(begin.unsqueeze(1) + steps).where(words, begin.unsqueeze(1))],
        words=words,
        lengths=lengths,
        text=text,
        number=number,
        sentences=torch.arange(most, device=device) < count.unsqueeze(1),
    )
