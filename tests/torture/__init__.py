"""Tests that kill, corrupt, flood and fuzz the service and its index."""
