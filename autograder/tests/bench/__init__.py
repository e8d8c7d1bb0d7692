"""``make bench``: the figures to reach, each beside what it is compared with, measured in one run."""
