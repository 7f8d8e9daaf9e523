"""Redrawn: the headline figures of machine-learning papers, redrawn from code."""

__version__ = "0.1.0"
