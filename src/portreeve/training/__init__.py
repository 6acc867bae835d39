"""Training: from data files to the model that ships, and its card. Needs the extra ``train``."""

from portreeve.training.pipeline import train

__all__ = ["train"]
