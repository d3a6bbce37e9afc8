"""The store on a Qdrant server, for indexes that one machine does not hold; needs `repere[qdrant]`."""
