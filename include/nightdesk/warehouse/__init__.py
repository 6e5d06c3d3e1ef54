"""The only package that opens DuckDB, on a file or in memory.

`connect` opens and migrates, `store` loads a night in one transaction, `content` hashes
what is there, `publish` hands it to readers, `read` answers questions.
"""
