"""Text as typed, cut into words with character offsets, and the ids and vectors of those words."""
