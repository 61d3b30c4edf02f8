"""What studies found, as pages that stand alone and as tables for other programs."""
