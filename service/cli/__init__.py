"""The command line of the service, and of Repère as a whole."""
