"""What the holder of an account sees of the books: balance and statement, as page, resource and command."""
