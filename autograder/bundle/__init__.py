"""What students get: the answer bank that stands in for the solutions, and the folder and zip that carry it."""
