"""A chapter's run as a research object: its files, and an `ro-crate-metadata.json` that describes them."""

from pathlib import Path

from rocrate.model.softwareapplication import SoftwareApplication
from rocrate.rocrate import ROCrate

from redrawn.book.catalogue import Catalogue
from redrawn.book.cite import AUTHOR
from redrawn.book.metadata import LICENCE, MEDIA
from redrawn.book.status import ChapterState

JSON = "application/json"


def describe(state: ChapterState, catalogue: Catalogue, folder: Path) -> None:
    """Write `ro-crate-metadata.json` into `folder`, which holds the run's published files."""
    chapter, run = state.chapter, state.run
    crate = ROCrate()
    crate.name = f"Redrawn: {chapter.title}, profile {run.profile}, seed {run.seed}"
    crate.description = chapter.question.strip()
    crate.datePublished = run.provenance.started
    crate.license = crate.add_jsonld(
        {
            "@id": LICENCE,
            "@type": "CreativeWork",
            "name": "CC BY 4.0",
            "description": "Creative Commons Attribution 4.0 International: share and adapt, with credit.",
        }
    )
    crate.publisher = crate.add_jsonld({"@id": "#authors", "@type": "Organization", "name": AUTHOR})
    papers = {
        p: crate.add_jsonld(
            {
                "@id": catalogue.papers[p].link or f"#{p}",
                "@type": "ScholarlyArticle",
                "name": catalogue.papers[p].title,
            }
        )
        for p in chapter.papers
    }
    version, page = run.provenance.versions["torch"], "https://pypi.org/project/torch/"
    software = SoftwareApplication(crate, page, {"name": "torch", "url": page, "version": version})
    crate.add(software)
    results = [
        _file(crate, folder, "record.json", "What was measured, and where"),
        _file(
            crate,
            folder,
            f"{chapter.slug}.ipynb",
            "The executed chapter",
            "application/x-ipynb+json",
        ),
    ]
    for figure in run.figures:
        for ext, media in {**MEDIA, "json": JSON}.items():
            found = _file(crate, folder, f"{figure.id}.{ext}", figure.caption, media)
            found["isBasedOn"] = papers[chapter.paper_of(figure.id)]
            if ext in figure.sha256:
                found["sha256"] = figure.sha256[ext]
            results.append(found)
    action = crate.add_jsonld(
        {
            "@id": f"#run-{run.key[:12]}",
            "@type": "CreateAction",
            "name": f"redrawn run {chapter.slug} --profile {run.profile} --seed {run.seed}",
            "startTime": run.provenance.started,
            "instrument": {"@id": software.id},
            "result": [{"@id": found.id} for found in results],
        }
    )
    crate.root_dataset.append_to("mentions", action, compact=True)
    for p, entity in papers.items():
        # a citation must be an address: a paper that has none is mentioned
        key = "citation" if catalogue.papers[p].link else "mentions"
        crate.root_dataset.append_to(key, entity, compact=True)
    crate.metadata.write(folder)


def _file(crate: ROCrate, folder: Path, name: str, about: str, media: str = JSON):
    return crate.add_file(
        folder / name, name,
        properties={
            "name": name, "description": about, "encodingFormat": media,
            "contentSize": str((folder / name).stat().st_size),
        },
    )  # fmt: skip
