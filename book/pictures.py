"""Pictures that move: the directive ``{moving} NAME`` puts one on a page; its content says in words what it shows.

On the page stands a still picture, which stays where scripts do not run, and on paper. Where they run, the module
``moving/NAME.js`` puts the moving picture in its place. Only pages with a picture load its module and the style.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SOURCE = Path(__file__).with_name("moving")
NAMES = ("unroll", "gates", "vanish", "word")
NOTE = "This is a still picture. It moves where scripts run and the page comes from a web server, not from a file."


class MovingPicture(nodes.Element):
    """A figure with a moving picture; its children are the description."""


class Moving(SphinxDirective):
    """A picture that moves, by name, with a description in words."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in NAMES:
            raise self.error(f"no moving picture is called {name!r}; there are: {', '.join(NAMES)}")
        if len(" ".join(self.content)) < 40:
            raise self.error(f"say in a sentence what the moving picture {name!r} shows, for readers who cannot see it")
        self.env.note_dependency(str(_still(name)))
        described = f"moving-{name}-{self.env.new_serialno('moving')}"
        node = MovingPicture(name=name, described=described)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def _still(name: str) -> Path:
    return SOURCE / "still" / f"{name}.svg"


def open_figure(writer: Any, node: MovingPicture) -> None:
    """The figure, the still picture, the sentence for where it stays; then follows the description."""
    name, described = node["name"], node["described"]
    svg = _still(name).read_text(encoding="utf-8")
    svg = svg.replace("<svg ", f'<svg role="img" aria-labelledby="{described}" ', 1)
    writer.body.append(f'<figure class="moving" data-moving="{name}">\n<div class="moving-still">{svg}</div>\n')
    writer.body.append(f'<p class="moving-note">{NOTE}</p>\n<figcaption id="{described}">\n')


def close_figure(writer: Any, _: MovingPicture) -> None:
    """Behind the description."""
    writer.body.append("</figcaption>\n</figure>\n")


def words_alone(*_: Any) -> None:
    """On paper and in other formats, the description stands alone."""


def load_on_page(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], page: nodes.document | None
) -> None:
    """The modules of this page's pictures, and the style; nothing on pages without."""
    names = {node["name"] for node in page.findall(MovingPicture)} if page else set()
    if names:
        app.add_css_file("moving/moving.css")
    for name in sorted(names):
        app.add_js_file(f"moving/{name}.js", type="module")


def copy_modules(app: Sphinx) -> None:
    """Modules and style go into the website by themselves: scripts in a static folder would be on every page."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "moving"
    for source in (*SOURCE.glob("*.js"), *SOURCE.glob("*.css"), *SOURCE.glob("core/*.js")):
        copy = target / source.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    words = (words_alone, words_alone)
    app.add_node(MovingPicture, html=(open_figure, close_figure), latex=words, text=words, man=words, texinfo=words)
    app.add_directive("moving", Moving)
    app.connect("builder-inited", copy_modules)
    app.connect("html-page-context", load_on_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
