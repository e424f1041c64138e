"""What `/api/v1` shares: the mark that says who may call, bearer tokens, paging, refusals as JSON,
OpenAPI."""
