"""The experiments of the chapter *Measuring Lipschitz constants*, one module a paper."""
