"""The Model Context Protocol: the service as tools, resources and a prompt for assistants."""
