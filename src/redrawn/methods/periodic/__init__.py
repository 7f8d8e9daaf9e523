"""Activations that extrapolate periodic functions."""

from redrawn.methods.periodic.snake import cosine_from_snakes, snake, snake_variance

__all__ = ["cosine_from_snakes", "snake", "snake_variance"]
