"""The experiments, one module or folder a chapter: methods and data in, tidy DataFrames out."""
