"""The audit trail: what was done to the books besides posting, by whom and why, for coordinators.

The rows are the ledger's (`Intervention`): what takes hours back, puts them right, grants them, or
changes a limit cannot be done without one. Here they are read, found and taken out as a file.
"""
