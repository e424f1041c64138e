"""Files of rows that people bring: text, spreadsheets and address cards, read as one table."""
