"""What every entry of the catalogue is made of, and how a mistake in one is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Profile = Literal["quick", "standard", "paper"]


class CatalogueError(Exception):
    """A mistake in the catalogue; `str()` is for the person who must correct it."""


class Entry(BaseModel):
    """A typed record: of these fields only, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def explain(error: ValidationError, where: str, line) -> str:
    """Return one line a problem, with its file, its line (`line` finds it by the place) and its field."""
    lines = []
    for problem in error.errors():
        # pydantic names the branch of a tagged union in the path; a reader's file does not have it
        place = [p for p in problem["loc"] if p not in ("value", "bound", "ordering", "slope")]
        field = ".".join(map(str, place)) or "chapter"
        message = problem["msg"].removeprefix("Value error, ")
        given = problem.get("input")
        if not isinstance(given, dict | list | BaseModel) and problem["type"] != "missing":
            message += f" (found {given!r})"
        lines.append(f"{where}:{line(problem['loc'])}: {field}: {message}")
    return "\n".join(lines)
