"""YAML that remembers its lines and refuses a key that stands twice."""

import yaml


class _Lines(dict):
    """A mapping that knows the line of each of its keys."""

    lines: dict


class _Items(list):
    """A sequence that knows the line of each of its items."""

    lines: dict


class LineLoader(yaml.CSafeLoader):
    """A safe loader whose mappings and sequences carry `lines`."""


def _mapping(loader: LineLoader, node: yaml.MappingNode) -> _Lines:
    result, result_lines = _Lines(), {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node)
        if key in result:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        result[key] = loader.construct_object(value_node, deep=True)
        result_lines[key] = key_node.start_mark.line + 1
    result.lines = result_lines
    return result


def _sequence(loader: LineLoader, node: yaml.SequenceNode) -> _Items:
    result = _Items(loader.construct_object(item, deep=True) for item in node.value)
    result.lines = {i: item.start_mark.line + 1 for i, item in enumerate(node.value)}
    return result


LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG, _sequence)


def line_of(given, place) -> int:
    """Return the line of the deepest part of `place` that stands in the file (1 if none does)."""
    line = 1
    for step in place:
        lines = getattr(given, "lines", None)
        if lines is None:
            break
        if step in lines:
            line, given = lines[step], given[step]
    return line
