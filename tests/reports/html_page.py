"""A report as a browser reads it."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input"}


class Page(HTMLParser):
    """What a browser would find in the page: its elements with their attributes, and its words."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.words, self.open = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        """All words, as they follow one another."""
        return re.sub(r"\s+", " ", "".join(self.words))

    @property
    def spaced(self):
        """All words, with a space between elements."""
        return " ".join(self.words)

    def having(self, attribute):
        return [found[attribute] for _, found in self.elements if attribute in found]

    def count(self, tag):
        return sum(name == tag for name, _ in self.elements)
