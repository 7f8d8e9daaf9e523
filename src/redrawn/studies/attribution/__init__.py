"""The experiments of the chapter *Attribution: which pixels matter*, by what they look at."""
