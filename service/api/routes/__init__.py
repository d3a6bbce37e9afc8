"""One router a resource; a route validates, calls, and translates."""
