"""Settings, batches, devices and the training loop."""
