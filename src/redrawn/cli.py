"""`redrawn`: a thin face on `redrawn.book`."""

import difflib
import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from redrawn.book import catalogue as catalogue_module
from redrawn.book import paths
from redrawn.book.catalogue import Catalogue
from redrawn.book.declaration import Chapter
from redrawn.book.entry import CatalogueError

app = typer.Typer(
    help="Run the chapters of Redrawn, judge their claims, and build the book.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="The registry of datasets.", no_args_is_help=True)
app.add_typer(data_app, name="data")
out, err = Console(), Console(stderr=True)


class UserError(Exception):
    """Something the person at the keyboard can put right."""


def main() -> None:
    """Run the command line; a user's mistake ends in one message, not in a traceback."""
    from redrawn.book.record import RecordError
    from redrawn.data.registry import DataError

    try:
        app()
    except (UserError, CatalogueError, RecordError, DataError, FileNotFoundError) as error:
        err.print(f"redrawn: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _chapter(book: Catalogue, slug: str) -> Chapter:
    if slug in book.chapters:
        return book.chapters[slug]
    near = difflib.get_close_matches(slug, book.chapters, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`redrawn list` shows them all"
    raise UserError(f"no chapter {slug!r}; {hint}")


def _written(book: Catalogue, slugs: list[str] | None) -> list[Chapter]:
    """Return the named chapters, or every written one."""
    if not slugs:
        return [c for c in book.chapters.values() if c.status == "written"]
    named = [_chapter(book, slug) for slug in slugs]
    if planned := [c.slug for c in named if c.status == "planned"]:
        raise UserError(
            f"not written yet: {', '.join(planned)}; `redrawn new {planned[0]}` begins it"
        )
    return named


def _profile(name: str) -> str:
    if name not in paths.PROFILES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(paths.PROFILES)}")
    return name


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    if not (first.isdigit() and end.isdigit() and int(first) < int(end)):
        raise typer.BadParameter(f"{text!r}: write FIRST:END, such as 0:20 for the seeds 0 to 19")
    return range(int(first), int(end))


def _executor(name: str) -> str:
    from redrawn.book import engine

    if name not in engine.executors():
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(engine.executors())}")
    return name


def _device(name: str) -> str:
    from redrawn.book.device import DEVICES

    if name not in DEVICES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(DEVICES)}")
    return name


def _complete_chapter(incomplete: str) -> list[str]:
    try:
        return [s for s in catalogue_module.load().chapters if s.startswith(incomplete)]
    except (CatalogueError, FileNotFoundError):
        return []


Chapters = Annotated[
    list[str] | None,
    typer.Argument(
        help="Chapters; none means every written one.", autocompletion=_complete_chapter
    ),
]
OneChapter = Annotated[str, typer.Argument(autocompletion=_complete_chapter)]
Profile = Annotated[
    str, typer.Option(callback=_profile, help="quick, standard or paper.",
                      autocompletion=lambda: list(paths.PROFILES))
]  # fmt: skip
Seeds = Annotated[
    str | None,
    typer.Option(help="Several seeds, such as 0:20 for 0 to 19; their values are joined."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]


@app.command("list")
def list_chapters(json_: AsJson = False) -> None:
    """List the chapters, their papers and whether they are written."""
    book = catalogue_module.load()
    if json_:
        rows = [
            {
                "slug": c.slug,
                "part": c.part,
                "title": c.title,
                "status": c.status,
                "papers": c.papers,
                "needs": {name: need.model_dump() for name, need in c.needs.items()},
            }
            for c in book.chapters.values()
        ]
        print(json.dumps(rows, indent=1))
        return
    table = Table("Chapter", "Title", "Papers", "Status", title=f"{len(book.papers)} papers")
    for c in book.chapters.values():
        table.add_row(c.slug, c.title, str(len(c.papers)), c.status)
    out.print(table)


@app.command()
def run(
    chapters: Chapters = None,
    profile: Profile = "quick",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    seeds: Seeds = None,
    device: Annotated[str, typer.Option(callback=_device, help="auto, cpu, cuda or mps.")] = "auto",
    executor: Annotated[
        str,
        typer.Option(callback=_executor, help="local, slurm, or a profile of workflow/profiles."),
    ] = "local",
    jobs: Annotated[
        int, typer.Option(min=0, help="Runs at once; 0 means a run a core, or 100 on a cluster.")
    ] = 0,
    force: Annotated[bool, typer.Option(help="Run even what is up to date.")] = False,
    keep_going: Annotated[
        bool, typer.Option(help="Exit 0 when a chapter fails; `redrawn check` still says so.")
    ] = False,
) -> None:
    """Run the chapters whose result may have changed."""
    import os

    from redrawn.book import engine, lock, merge
    from redrawn.book.job import Job

    chosen = _seeds(seeds) if seeds else range(seed, seed + 1)
    book = catalogue_module.load()
    named = _written(book, chapters)
    asked = {Job.of(c, profile, s, device): c for c in named for s in chosen}
    todo = [job for job, chapter in asked.items() if force or not job.is_fresh(chapter)]
    err.print(
        f"{len(asked) - len(todo)} of {len(asked)} up to date at {profile}, {len(todo)} to run"
    )
    if todo:
        at_once = jobs or (os.cpu_count() or 1 if executor == "local" else 100)
        try:
            engine.run(todo, executor, at_once, err)
        except (engine.EngineError, lock.LockedError) as error:
            raise UserError(str(error)) from error
        except KeyboardInterrupt as stop:
            err.print("redrawn: stopped; finished chapters are kept, `redrawn run` does the rest")
            raise typer.Exit(130) from stop
    failed = [job for job in todo if not job.succeeded()]
    changed = [job.name for job in todo if job not in failed and not job.is_fresh(asked[job])]
    if changed:
        err.print(f"redrawn: sources changed during the run; run again: {', '.join(changed)}")
    if failed:
        message = f"failed: {', '.join(job.name for job in failed)}; see {failed[0].marker('log')}"
        if not keep_going:
            raise UserError(message)
        err.print(f"redrawn: {message}", style="red")
    elif len(chosen) > 1:
        for chapter in named:
            merge.merge(chapter.slug, profile, chosen)
            place = merge.path(chapter.slug, profile, chosen)
            err.print(f"{chapter.slug}: {len(chosen)} seeds in {place}", soft_wrap=True)


@app.command()
def affected(
    base: Annotated[str, typer.Argument(help="A git revision, such as origin/main.")],
) -> None:
    """Print the chapters whose result may differ from that at BASE, one line of names."""
    from redrawn.book import affected as affected_module

    try:
        changed = affected_module.changed_files(base)
    except affected_module.RevisionError as error:
        raise UserError(str(error)) from error
    reached = affected_module.chapters(catalogue_module.load(), changed)
    print(" ".join(chapter.slug for chapter in reached))


@app.command()
def check(
    chapters: Chapters = None,
    profile: Profile = "quick",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    seeds: Seeds = None,
    json_: AsJson = False,
) -> None:
    """Judge every claim; exit 1 on an error or a drift from the baseline."""
    from redrawn.book import merge, status, tables
    from redrawn.book.verdicts import SYMBOL

    book = catalogue_module.load()
    states = [
        status.of_run(c, profile, merge.merge(c.slug, profile, _seeds(seeds)))
        if seeds
        else status.of_chapter(c, profile, seed)
        for c in _written(book, chapters)
    ]
    bad, rows, printed = [], [], []
    for state in states:
        slug = state.chapter.slug
        table = Table("Claim", "Expected", "Measured", "Paper", "Baseline", title=slug)
        table.columns[0].no_wrap = True  # a claim's id is what the reader looks for: never cut it
        if state.run is None:
            bad.append(f"{slug}: not run; `redrawn run {slug} --profile {profile}`")
        for v in state.judged:
            name = f"{slug}/{v.claim.id}"
            table.add_row(
                v.claim.id,
                v.claim.expect.describe(),
                tables.measured(v),
                f"{SYMBOL[v.paper]} {v.paper}",
                f"{SYMBOL[v.baseline]} {v.baseline}",
            )
            rows.append({"claim": name, "verdict": v.paper, "baseline": v.baseline})
            if v.paper == "error":
                bad.append(f"{name}: error: {v.problem}; correct it and run the chapter again")
            elif v.baseline == "drifted":
                bad.append(
                    f"{name}: drifted; find the cause, or take it as right with "
                    f"`redrawn accept {slug} --profile {profile}`"
                )
        printed.append(table)
    if json_:
        print(json.dumps({"ok": not bad, "problems": bad, "claims": rows}, indent=1))
    else:
        out.print(*printed)
        for line in bad:
            err.print(line, style="red", markup=False, soft_wrap=True)
    if bad:
        raise typer.Exit(1)


@app.command()
def alarms(
    chapters: Chapters = None,
    profile: Profile = "quick",
    seeds: Annotated[str, typer.Option(help="Seeds that have been run, such as 1:21.")] = "1:21",
) -> None:
    """Count how often fresh seeds would turn the book red; `redrawn generate` shows it in the guide."""
    from redrawn.book import gate

    written = _written(catalogue_module.load(), chapters)
    out.print(f"written: {gate.count_alarms(written, profile, _seeds(seeds))}", soft_wrap=True)


@app.command()
def accept(
    chapters: Chapters = None,
    profile: Profile = "quick",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make the runs' values the baselines, after showing old and new side by side."""
    from redrawn.book import baseline

    for chapter in _written(catalogue_module.load(), chapters):
        change = baseline.compare(chapter, profile)
        table = Table("Claim", "Baseline", "This run", "", title=f"{chapter.slug} at {profile}")
        for row in change.rows:
            table.add_row(*row)
        out.print(table)
        if yes or typer.confirm(f"Accept as {chapter.slug}'s baseline at {profile}?"):
            out.print(f"written: {baseline.accept(chapter, change.run)}")


@app.command()
def status(profile: Profile = "quick", json_: AsJson = False) -> None:
    """Say how all papers and chapters stand."""
    from collections import Counter

    from redrawn.book import status as status_module

    states = status_module.of_chapters(catalogue_module.load(), profile)
    found = status_module.of_book(states, profile)
    if json_:
        print(json.dumps(found, indent=1))
        return
    for kind, field in (("papers", "verdict"), ("chapters", "status")):
        counts = Counter(row[field] for row in found[kind])
        out.print(f"{len(found[kind])} {kind}: " + ", ".join(f"{n} {k}" for k, n in counts.items()))


@app.command()
def cite(
    figure: Annotated[str, typer.Argument(help="SLUG/FIGURE, as under every figure.")],
    format_: Annotated[
        str, typer.Option("--format", help="bibtex, apa, csl-json or ris.")
    ] = "bibtex",
    profile: Profile = "quick",
) -> None:
    """Print how to cite a figure of a run."""
    from redrawn.book import cite as cite_module
    from redrawn.book import status as status_module

    if format_ not in cite_module.FORMATS:
        raise typer.BadParameter(f"{format_!r} is not one of {', '.join(cite_module.FORMATS)}")
    found = catalogue_module.load()
    slug, _, figure_id = figure.partition("/")
    (chapter,) = _written(found, [slug])
    declared = [f.id for f in chapter.figures]
    if figure_id not in declared:
        raise UserError(f"no figure {figure!r}; {slug} has {', '.join(declared)}")
    run = status_module.of_chapter(chapter, profile).run
    if run is None or run.status == "failed":
        said = "the run failed" if run else "not run"
        raise UserError(f"{said} at {profile}: `redrawn run {slug} --profile {profile}`")
    item = cite_module.csl(run, figure_id, found.papers[chapter.paper_of(figure_id)])
    print(cite_module.FORMATS[format_](item), end="")


@app.command()
def book(
    profile: Profile = "quick",
    url: Annotated[
        str, typer.Option(envvar="REDRAWN_URL", help="Where the site will stand.")
    ] = "http://127.0.0.1:8000/",
) -> None:
    """Build the site from the runs that are there."""
    from redrawn.book import site

    with err.status("building the pages"):
        try:
            index = site.build(catalogue_module.load(), profile, url.rstrip("/") + "/")
        except site.SiteError as error:
            raise UserError(str(error)) from error
    out.print(f"The book is in {index}\nLook at it with `make serve`.", soft_wrap=True)


@app.command()
def serve(port: Annotated[int, typer.Option(min=1, max=65535)] = 8000) -> None:
    """Serve the built site, to this machine only."""
    import functools
    import http.server

    site = paths.build() / "html"
    if not (site / "index.html").is_file():
        raise UserError("there is no site yet: `make book` builds it")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise UserError(f"port {port}: {error.strerror}; try --port {port + 1}") from error
    out.print(f"http://127.0.0.1:{port}/  (Ctrl-C stops)")
    server.serve_forever()


@app.command()
def new(chapter: OneChapter) -> None:
    """Write a planned chapter's skeleton: text, study and test."""
    from redrawn.book import skeleton

    found = catalogue_module.load()
    try:
        for path in skeleton.write(_chapter(found, chapter), found):
            out.print(str(path.relative_to(paths.root())))
    except FileExistsError as error:
        raise UserError(str(error)) from error
    out.print("Now declare claims and figures in its .yml and set `status: written`.")


@app.command()
def generate(check_only: Annotated[bool, typer.Option("--check")] = False) -> None:
    """Write the files that are made from others; with --check, only say whether they are current."""
    from redrawn.book import atomic, published
    from redrawn.book import generate as generated

    found = catalogue_module.load()
    if lost := published.vanished(found):
        raise UserError(
            f"published figures that lead nowhere: {', '.join(lost)}; "
            "say in data/published.yml, under redirects, where they are now"
        )
    old = generated.outdated(found)
    if check_only and old:
        raise UserError(f"not current: {', '.join(p.name for p in old)}; run `redrawn generate`")
    for path in old:
        atomic.write_text(path, generated.files(found)[path])
        out.print(f"written: {path.name}")


@data_app.command("list")
def data_list(json_: AsJson = False) -> None:
    """List the registered datasets."""
    from redrawn.data import registry

    found = registry.load()
    if json_:
        print(json.dumps([d.model_dump() for d in found.values()], indent=1))
        return
    table = Table("Dataset", "Title", "Bytes", "Licence", "SHA-256")
    for d in found.values():
        table.add_row(d.id, d.title, str(d.bytes), d.licence, d.sha256[:12])
    out.print(table)


@data_app.command("verify")
def data_verify() -> None:
    """Check every dataset that is here against its checksum."""
    from redrawn.data import registry

    problems = []
    for dataset in registry.load().values():
        if dataset.url and not dataset.file.exists():
            out.print(f"○ {dataset.id}: not here; {dataset.cure}")
            continue
        try:
            registry.verify(dataset)
            out.print(f"✓ {dataset.id}")
        except registry.DataError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))


@data_app.command("fetch")
def data_fetch(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Datasets; none means all that are downloads.")
    ] = None,
) -> None:
    """Download datasets that no package brings; the only command that uses the network."""
    from redrawn.data import registry

    asked = (
        [registry.get(i) for i in ids] if ids else [d for d in registry.load().values() if d.url]
    )
    for dataset in asked:
        out.print(f"✓ {dataset.id}: {registry.fetch(dataset)}", soft_wrap=True)
