"""Datasets: loaders over one checked registry; nothing here uses the network unasked."""
