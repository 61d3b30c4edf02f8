"""Tables of labelled texts: reading, checking, splitting, built-in and generated sets."""
