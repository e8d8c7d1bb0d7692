"""Exercises that are solved in the website's pages: Python runs in the reader's browser, and no server is asked."""
