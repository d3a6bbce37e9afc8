"""Documents as references: items of CSL-JSON, tags that citation programs read, and formatted styles."""
