"""The experiments of the chapter *Computing optimal transport*, one module a paper."""
