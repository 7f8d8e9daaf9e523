"""Lipschitz constants of networks: lower and upper bounds, local and global."""
