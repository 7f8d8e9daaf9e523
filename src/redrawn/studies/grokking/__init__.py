"""The experiments of the chapter *Grokking*, one module a paper."""
