"""The experiments of the chapter *Sharpness and the edge of stability*, one module a paper."""
