"""The experiments of the chapter *Implicit low-rank bias*, one module a paper or experiment."""
