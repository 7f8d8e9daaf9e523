"""Build the site with Jupyter Book, and put it in its place when it is whole."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from redrawn.book import atomic, finish, lighten, metadata, paths, published, staging, status
from redrawn.book.catalogue import Catalogue


class SiteError(Exception):
    """The site could not be built; the message holds Sphinx's own words."""


def build(catalogue: Catalogue, profile: str, url: str) -> Path:
    """Stage and build the site, which will stand at `url`; return its first page.

    Sphinx builds again what changed since its last good build; the site of before stays in place until
    the new one is whole.

    Raises:
        SiteError: Sphinx reported an error or a warning.

    """
    states = status.of_chapters(catalogue, profile)
    staged = staging.stage(catalogue, states, profile, url)
    work = paths.build() / "sphinx"
    frame = work / "frame.json"
    # every page names every other one in its sidebar, which Sphinx does not write again by itself
    found = _headings(staged) | {
        module.__name__: Path(module.__file__).read_text(encoding="utf-8")
        for module in (finish, lighten)
    }
    if not frame.is_file() or json.loads(frame.read_text()) != found:
        shutil.rmtree(work, ignore_errors=True)
    command = [
        str(Path(sys.executable).with_name("jupyter-book")), "build", str(staged),
        "--path-output", str(work), "-W", "-n", "--keep-going", "--quiet",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    output = work / "_build" / "html"
    if done.returncode or not (output / "index.html").is_file():
        shutil.rmtree(work, ignore_errors=True)  # the next build would pass over what failed here
        raise SiteError(f"jupyter-book failed:\n{(done.stdout + done.stderr)[-6000:]}")
    atomic.write_text(frame, json.dumps(found))
    html = paths.build() / "html"
    new = html.with_name(".html")
    shutil.rmtree(new, ignore_errors=True)
    finish.finish(output, staged, new, html, metadata.pages(catalogue, states, url))
    places = sorted(p.relative_to(new).as_posix() for p in new.rglob("*.html"))
    listed = [
        p for p in places if not p.startswith("_") and p not in ("search.html", "genindex.html")
    ]
    (new / "sitemap.xml").write_text(metadata.sitemap(listed, url), encoding="utf-8")
    for place, page in published.redirect_pages().items():
        atomic.write_text(new / place, page)
    atomic.swap_folder(new, html)
    return html / "index.html"


def _headings(staged: Path) -> dict[str, str]:
    pages = sorted([*staged.rglob("*.md"), *staged.rglob("*.ipynb")])
    return {
        str(page.relative_to(staged)): match[0]
        if (match := re.search(r"(?m)^[ \"]*# .*", page.read_text()))
        else ""
        for page in pages
        if "_static" not in page.parts
    }
