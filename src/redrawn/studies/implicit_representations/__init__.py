"""The experiments of the chapter *Implicit neural representations*, one module a paper."""
