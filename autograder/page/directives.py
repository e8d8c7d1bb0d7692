"""A small Sphinx extension: exercises that are solved in the page, with statement and starter from their one source.

``{live-exercise} rnn_step`` is an exercise, ``{live-code} ch02_recurrence`` code to try, with the chapter's imports,
``{live-hand-in} ch02_recurrence`` a button that makes the notebook to hand in, and ``{live-progress}`` counts what is
solved. Where scripts do not run, and on paper, there is the statement with the code. Only pages with one of these
load a script, and that one loads the rest when a button is pressed.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from autograder import course, paths
from autograder.course.chapter import Exercise
from autograder.course.notebook import ASK, with_card
from autograder.page import markup, place


class Markup(nodes.General, nodes.Element):
    """HTML around what it holds; elsewhere there is what it holds alone, and nothing where that is for the screen."""


class Progress(nodes.General, nodes.Element):
    """A list of the chapters, each with what is solved of it; made when the page is written, and all are read."""


class Live(SphinxDirective):
    """What all of them share."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(__file__)
        self.env.note_dependency(markup.__file__)
        return self.content_nodes()

    def content_nodes(self) -> list[nodes.Node]:
        raise NotImplementedError

    def chapter(self) -> course.Chapter:
        """The chapter that the argument names; the page is read again when it changes."""
        slug = self.arguments[0]
        if slug not in course.chapters():
            raise self.error(f"no chapter is called {slug!r}; {_nearest(slug, course.chapters())}")
        self.env.note_dependency(str(paths.SOLUTIONS / f"{slug}.py"))
        return course.load(slug)

    def parsed(self, text: str, into: nodes.Element) -> nodes.Element:
        """CommonMark as nodes below ``into``."""
        lines = StringList(text.splitlines(), self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, into)
        return into

    def code(self, source: str) -> nodes.Element:
        block = nodes.literal_block(source, source, language="python")
        return Markup("", block, before='<div class="live-code">', after="</div>")


class LiveExercise(Live):
    """An exercise by name: statement, code to write, buttons, what came of it, and hints; its content stands below."""

    has_content = True

    def content_nodes(self) -> list[nodes.Node]:
        exercise = self._exercise()
        self._stands_once(exercise)
        self.env.note_dependency(str(paths.SOLUTIONS / f"{exercise.chapter}.py"))
        heading, _, statement = with_card(exercise).partition("\n")
        title = nodes.title("", "", *self.parsed(heading.lstrip("# "), nodes.Element()).children[0].children)
        section = self.parsed(statement, nodes.section("", title, ids=[exercise.name]))
        hints = [
            self.parsed(hint, Markup(before=markup.hint(number, kind), after="</details>", screen=True))
            for number, (kind, hint) in enumerate(zip(ASK, exercise.hints, strict=True), 1)
        ]
        before = markup.exercise(exercise.name, exercise.chapter)
        bar, output = (Markup(before=part(exercise.name), screen=True) for part in (markup.bar, markup.output))
        section += Markup("", self.code(exercise.starter), bar, *hints, output, before=before, after="</section>")
        self.state.nested_parse(self.content, self.content_offset, section)
        return [section]

    def _exercise(self) -> Exercise:
        name = self.arguments[0]
        known = {each.name: each for slug in course.chapters() for each in course.load(slug).exercises}
        if name not in known:
            raise self.error(f"no exercise is called {name!r}; {_nearest(name, list(known))}")
        if known[name].library == "torch":
            raise self.error(f"{name} is an exercise in PyTorch, which runs in no page: leave it to the notebook")
        return known[name]

    def _stands_once(self, exercise: Exercise) -> None:
        """What the reader writes is kept by the exercise's name, and the page's parts are found by it."""
        for page, names in live(self.env).items():
            if exercise.name in names.get(exercise.chapter, ()):
                raise self.error(f"{exercise.name} stands on the page {page} already: an exercise has one place")
        live(self.env).setdefault(self.env.docname, {}).setdefault(exercise.chapter, []).append(exercise.name)


class LiveCode(Live):
    """Code to try, with what a chapter's notebook imports at its top; the chapter is the argument."""

    has_content = True

    def content_nodes(self) -> list[nodes.Node]:
        chapter = self.chapter()
        if not self.content:
            raise self.error("write the code to begin with into {live-code}")
        live(self.env).setdefault(self.env.docname, {})
        number = self.env.new_serialno("live-code") + 1
        before = markup.code(f"{self.env.docname.rpartition('/')[2]}-{number}", number, chapter.slug)
        name = f"code {number}"
        below = Markup(before=markup.bar(name, check=False) + markup.output(name), screen=True)
        return [Markup("", self.code("\n".join(self.content)), below, before=before, after="</section>")]


class LiveHandIn(Live):
    """A button that makes the notebook of a chapter with the answers in it."""

    def content_nodes(self) -> list[nodes.Node]:
        chapter = self.chapter()
        live(self.env).setdefault(self.env.docname, {})
        return [Markup(before=markup.hand_in(chapter.slug), screen=True)]


class LiveProgress(Live):
    """What is solved in this browser, chapter by chapter."""

    required_arguments = 0

    def content_nodes(self) -> list[nodes.Node]:
        live(self.env).setdefault(self.env.docname, {})
        return [Progress()]


def live(env: BuildEnvironment) -> dict[str, dict[str, list[str]]]:
    """Pages with a live cell: for each its exercises, by chapter."""
    if not hasattr(env, "live_pages"):
        env.live_pages = {}  # type: ignore[attr-defined]
    return env.live_pages  # type: ignore[attr-defined,no-any-return]


def forget(_app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Called by Sphinx before it reads a page again."""
    live(env).pop(page, None)


def merge(_app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Called by Sphinx where another process has read pages."""
    live(env).update({page: live(other)[page] for page in pages if page in live(other)})


def open_markup(writer: Any, node: Markup) -> None:
    """Called by Sphinx."""
    writer.body.append(node["before"])


def close_markup(writer: Any, node: Markup) -> None:
    """Called by Sphinx."""
    writer.body.append(node.get("after", ""))


def without_markup(_writer: Any, node: Markup) -> None:
    """Called by Sphinx for paper and plain text."""
    if node.get("screen"):
        raise nodes.SkipNode


def show_progress(writer: Any, _: Progress) -> None:
    """Called by Sphinx: one line a chapter, in the order of the course."""
    builder = writer.builder
    rows = []
    for slug in course.chapters():
        for page, names in live(builder.env).items():
            if slug in names:
                link = builder.get_relative_uri(builder.current_docname, page)
                rows.append(markup.progress(f"{int(slug[2:4])}. {course.load(slug).title}", link, names[slug]))
    writer.body.append(f'<ul class="live-progress">{"".join(rows)}</ul>\n')
    raise nodes.SkipNode


def nothing(*_: Any) -> None:
    """Called by Sphinx for paper and plain text."""
    raise nodes.SkipNode


def load_on_page(app: Sphinx, page: str, _template: str, _context: dict[str, Any], _tree: object) -> None:
    """Called by Sphinx: script and style for pages with a live cell alone."""
    if page in live(app.env):
        app.add_css_file("live/live.css")
        app.add_js_file("live/live.js", loading_method="defer")


def _nearest(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, 1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_config_value("live_runtime_url", "", "html", str)
    html, words, none = (open_markup, close_markup), (without_markup, lambda *_: None), (nothing, None)
    app.add_node(Markup, html=html, latex=words, text=words, man=words, texinfo=words)
    app.add_node(Progress, html=(show_progress, None), latex=none, text=none, man=none, texinfo=none)
    for name, directive in (("exercise", LiveExercise), ("code", LiveCode), ("hand-in", LiveHandIn)):
        app.add_directive(f"live-{name}", directive)
    app.add_directive("live-progress", LiveProgress)
    app.connect("builder-inited", place.write)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("html-page-context", load_on_page)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
