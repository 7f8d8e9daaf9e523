"""The experiments of the chapter *Adaptive optimizers*, one module a paper."""
