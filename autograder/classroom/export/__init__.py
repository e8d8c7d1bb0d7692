"""Grades that leave the course: from the gradebook to the file that a learning platform takes in."""
