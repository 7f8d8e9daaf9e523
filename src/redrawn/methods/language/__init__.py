"""Small language models on characters."""

from redrawn.methods.language.character_transformer import CharacterTransformer

__all__ = ["CharacterTransformer"]
