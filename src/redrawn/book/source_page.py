"""The package's source as pages whose lines have addresses, and as the files themselves."""

import shutil
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import redrawn


def write_all(place: Path) -> None:
    """Write every module below `place`, as `.py` and as `.html` with an anchor `L-<line>` a line."""
    package = Path(redrawn.__file__).parent
    for module in package.rglob("*.py"):
        relative = module.relative_to(package.parent)
        copy = place / relative
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(module, copy)
        page = HtmlFormatter(
            full=True,
            linenos="inline",
            lineanchors="L",
            title=str(relative),
            style="a11y-high-contrast-light",
        )
        code = module.read_text(encoding="utf-8")
        copy.with_suffix(".html").write_text(highlight(code, PythonLexer(), page), encoding="utf-8")
