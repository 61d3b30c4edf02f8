"""Widgets and drawings that the pages share."""
