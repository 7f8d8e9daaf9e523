"""The experiments of the chapter *Physics-informed networks*, one module a paper."""
