"""The experiments of the chapter *Adaptive optimizers*, one module an experiment."""
