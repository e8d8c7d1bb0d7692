"""Exercises in the web page: a reader writes an answer there, and the grader's own code checks it in the browser."""
