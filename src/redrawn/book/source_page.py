"""The package's source as pages whose lines have addresses, and as the files themselves."""

import os
import shutil
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import redrawn
from redrawn.book.reuse import Reuse


def copy_all(staged: Path, reuse: Reuse) -> list[Path]:
    """Copy every module below `staged`, or link what the last build made of it; return those that need a new page."""
    package, changed = Path(redrawn.__file__).parent, []
    for module in package.rglob("*.py"):
        address = Path("_static", "source", module.relative_to(package.parent))
        both = (address, address.with_suffix(".html"))
        (staged / address).parent.mkdir(parents=True, exist_ok=True)
        unchanged = reuse.unchanged(str(address), [module.read_bytes()])
        if unchanged and all((reuse.book / place).is_file() for place in both):
            for place in both:
                os.link(reuse.book / place, staged / place)
        else:
            shutil.copy2(module, staged / address)
            changed.append(staged / address)
    return changed


def write(module: Path) -> None:
    """Write a module's page beside it, with an anchor `L-<line>` a line."""
    formatter = HtmlFormatter(
        full=True,
        linenos="inline",
        lineanchors="L",
        title=module.as_posix().partition("_static/source/")[2],
        style="a11y-high-contrast-light",
    )
    code = highlight(module.read_text(encoding="utf-8"), PythonLexer(), formatter)
    module.with_suffix(".html").write_text(code, encoding="utf-8")
