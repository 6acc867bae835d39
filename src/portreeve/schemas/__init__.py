"""What is said over the doors: every request and answer of the service, defined once.

The HTTP API, its OpenAPI description, the client and the service's own methods use these structs.
Each field is described; a request refuses fields that it does not know.
"""
