"""Our own Markdown as HTML that needs neither script nor style sheet: formulas become MathML, which browsers draw.

It is for what stands in ``solutions/``, such as hints; nothing that a learner wrote comes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from docutils.utils.math import latex2mathml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin


def html(markdown: str) -> str:
    """CommonMark with tables and ``$formulas$``; tags in it are shown, not obeyed."""
    return str(_reader().render(markdown))


def formula(tex: str, options: dict[str, Any]) -> str:
    """One formula as MathML; one that docutils cannot read is shown as it was written."""
    try:
        made = latex2mathml.tex2mathml(tex, as_block=bool(options.get("display_mode")))
    except ValueError:
        return f"<code>{escape(tex)}</code>"
    return str(made).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")  # HTML needs none


def _code(self: RendererHTML, tokens: Sequence[Token], number: int, options: Any, env: Any) -> str:
    """A block of code that the keyboard reaches, since it may be wider than the page."""
    return f'<pre tabindex="0"><code>{escape(tokens[number].content)}</code></pre>\n'


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.use(dollarmath_plugin, allow_digits=False, double_inline=True, renderer=formula)
    for kind in ("fence", "code_block"):
        reader.add_render_rule(kind, _code)
    return reader
