"""A page after Sphinx: it carries only what it uses, and pictures hold their place before they arrive."""

import re
from pathlib import Path
from xml.etree import ElementTree

# every icon of Font Awesome, as one script, and fonts of icons that no page shows
ICON_SCRIPT = re.compile(
    r"\s*<script [^>]*fontawesome[^>]*>(</script>)?|\s*<link [^>]*fa-(brands|regular)[^>]*>"
)
MATHJAX = re.compile(
    r"\s*<script [^>]*mathjax[^>]*></script>|\s*<script>window\.MathJax[^<]*</script>"
)
MATH = re.compile(r'class="[^"]*\bmath\b|\\\(|\\\[')
# the theme repeats a page's title here with its markup characters as they are: a title may hold a script
PRINT_TITLE = re.compile(
    r'(<div id="jb-print-docs-body" class="onlyprint">\s*<h1>)(.*?)(</h1>\s*<!--)', re.DOTALL
)
IMAGE = re.compile(r'<img [^>]*?src="([^"]+\.svg)"[^>]*?>')


def lighten(text: str, folder: Path, tags: str) -> str:
    """Return a page of `folder`, which holds its pictures, with `tags` in its head."""
    text = ICON_SCRIPT.sub("", text)
    if not MATH.search(text):
        text = MATHJAX.sub("", text)
    text = PRINT_TITLE.sub(
        lambda m: m[1] + m[2].replace("<", "&lt;").replace(">", "&gt;") + m[3], text
    )
    text = IMAGE.sub(lambda match: _placed(match, folder), text)
    return text.replace("</head>", tags + "</head>", 1)


def _placed(match: re.Match, folder: Path) -> str:
    """Give a picture its size, so that nothing jumps when it arrives, and load it when it is near."""
    tag = match[0]
    drawing = folder / match[1]
    if " height=" in tag or not drawing.is_file():
        return tag
    _, root = next(ElementTree.iterparse(drawing, events=("start",)))
    if "viewBox" not in root.attrib:
        return tag
    _, _, width, height = (round(float(n)) for n in root.attrib["viewBox"].split())
    return tag.replace("<img ", f'<img width="{width}" height="{height}" loading="lazy" ', 1)
