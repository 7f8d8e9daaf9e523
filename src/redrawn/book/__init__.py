"""The machinery of the book: catalogue, chapter API, execution, verdicts, figures, site."""


def open_chapter(slug: str, profile: str = "quick", seed: int = 0, device: str = "auto"):
    """Open a chapter inside its notebook; see `redrawn.book.chapter.open_chapter`."""
    # Lazy: `redrawn --help` should not wait for matplotlib.
    from redrawn.book.chapter import open_chapter as opened

    return opened(slug, profile, seed, device)


__all__ = ["open_chapter"]
