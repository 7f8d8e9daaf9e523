"""The experiments of the chapter *Conflicting gradients*, one module a paper."""
