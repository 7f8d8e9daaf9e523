"""The package's source as pages whose lines have addresses, and as the files themselves."""

import os
import shutil
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import redrawn
from redrawn.book.reuse import Reuse


def write_all(staged: Path, reuse: Reuse) -> None:
    """Write every module below `staged`, as `.py` and as `.html` with an anchor `L-<line>` a line."""
    package = Path(redrawn.__file__).parent
    for module in package.rglob("*.py"):
        relative = module.relative_to(package.parent)
        address = Path("_static", "source", relative)
        copy = staged / address
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(module, copy)
        page = address.with_suffix(".html")
        if reuse.unchanged(str(address), [module.read_bytes()]) and (reuse.book / page).is_file():
            os.link(reuse.book / page, staged / page)
            continue
        formatter = HtmlFormatter(
            full=True,
            linenos="inline",
            lineanchors="L",
            title=str(relative),
            style="a11y-high-contrast-light",
        )
        code = highlight(module.read_text(encoding="utf-8"), PythonLexer(), formatter)
        (staged / page).write_text(code, encoding="utf-8")
