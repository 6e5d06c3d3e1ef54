"""The only package that opens DuckDB, on a file or in memory.

`connect` opens and migrates, `store` loads a night in one transaction, `content` hashes
what is there, `publish` hands it to readers, `read` answers questions.
"""

from __future__ import annotations

import duckdb

# `import duckdb` opens a database of its own, with a thread. Now and then a process
# that leaves it to the interpreter's end dies in std::terminate, all its work done.
duckdb.default_connection().close()
