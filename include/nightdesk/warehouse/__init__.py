"""The only package that opens DuckDB, on a file or in memory."""
