"""Metrics, uncertainty and baselines for comparing models on the same texts."""
