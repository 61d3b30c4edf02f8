"""Recurrent text classifiers and their attention mechanisms, in plain PyTorch."""
