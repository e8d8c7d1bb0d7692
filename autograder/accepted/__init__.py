"""Right answers in other styles: a check that rejects one of them is wrong."""
