"""nbgrader's settings for students and teachers alike; a teacher's course folder has its own beside them."""

from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 (nbgrader provides it)

c.CourseDirectory.course_id = "autumn"
c.Exchange.root = str(Path(__file__).resolve().parent.parent / "exchange")
