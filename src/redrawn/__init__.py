"""Redrawn: the headline figures of machine-learning papers, redrawn from code."""
