"""Who is asking, and what they may do: the access table, tokens, and browser sessions (design §8)."""
