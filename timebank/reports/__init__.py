"""Exports of members, hours and postings, each with a metadata file that carries its control totals. Reads only."""
