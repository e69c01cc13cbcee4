"""
Texts that people write, as HTML that is safe to show.

Markdown with line breaks and the usual extras; whatever comes out, also of remote HTML, passes one allow-list.
Source: docs/api.md §3.2 and §4.5 (text preview).
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape

import markdown
import nh3

from fwtwisted.wire.v1 import Document

LONGEST_TEXT = 5_000  # characters

TAGS = {"p", "br", "a", "em", "strong", "b", "i", "ul", "ol", "li", "blockquote", "code", "pre", "del", "hr", "span"}
MORE_TAGS = TAGS | {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd"}
ATTRIBUTES = {"a": {"href", "title"}}
# Signs that Markdown takes time over by the square of their number; a text with more of one is shown as it stands.
COSTLY = ("[", "<", "`", "\\", "\n:")
MOST_COSTLY = 200
DEEP = re.compile(r"^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}\.[ \t])){12}", re.MULTILINE)  # quotes and lists in each other
LINE_ENDS = re.compile(r"<br\s*/?>|</(?:p|li|h\d|div|blockquote|tr)>", re.IGNORECASE)
MANY_LINES = re.compile(r"\s*\n\s*\n\s*")
RENDERED_TEXTS = 500  # remembered: the same descriptions come in list after list
BARE_LINK = re.compile(r"(?<![\w(\[\"'=<>/])(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])")


@lru_cache(maxsize=RENDERED_TEXTS)
def rendered(text: str, content_type: str | None, *, permissive: bool = False) -> str:
    """
    The text as sanitised HTML.

    :param content_type: ``text/markdown`` (also when None), ``text/html`` or ``text/plain``.
    :param permissive: headings and tables are let through as well.
    """
    if content_type == "text/html":
        html = text
    elif content_type == "text/plain" or _is_costly(text):
        html = _plain(text)
    else:
        html = _markdown(text)
    return nh3.clean(
        html,
        tags=MORE_TAGS if permissive else TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def plain(text: str, content_type: str | None) -> str:
    """The text as plain words, for who shows no HTML; its lines stay lines."""
    if content_type == "text/plain":
        return text.strip()
    html = text if content_type == "text/html" else rendered(text, content_type)
    bare = nh3.clean(LINE_ENDS.sub(r"\g<0>\n", html), tags=set(), attributes={})
    return MANY_LINES.sub("\n\n", unescape(bare)).strip()


def _is_costly(text: str) -> bool:
    """Whether nobody writes so who wants to be read."""
    return any(text.count(sign) > MOST_COSTLY for sign in COSTLY) or DEEP.search(text) is not None


def _plain(text: str) -> str:
    return "<p>" + escape(text).replace("\n", "<br>") + "</p>"


def _markdown(text: str) -> str:
    try:
        return markdown.markdown(BARE_LINK.sub(r"<\1>", text), extensions=["nl2br", "extra"])
    except RecursionError:  # lists in lists in lists
        return _plain(text)


def content(text: str | None, content_type: str | None) -> Document | None:
    """A long text as a document; None when there is none."""
    if not text:
        return None
    kind = content_type or "text/markdown"
    return {"text": text, "content_type": kind, "html": rendered(text, kind)}
