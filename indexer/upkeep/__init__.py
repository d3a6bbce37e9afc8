"""Keep an index healthy: report its status, check, repair, back up and restore it, and watch its corpus."""
