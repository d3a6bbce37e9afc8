"""What the service reports about itself: metrics, logs and the query log."""
