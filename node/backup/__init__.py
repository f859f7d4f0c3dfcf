"""Copies of a whole node: made while it runs, checked, put back; docs/backup.md is the operator's page."""
