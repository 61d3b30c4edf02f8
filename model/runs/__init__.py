"""A run is a folder: its store, its bundle and the queue of worker processes."""
