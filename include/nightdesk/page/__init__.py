"""The page: the published snapshot to look at, to search and to carry away.

`site.Site` answers a path with a document; a web server only has to check who asks and
hand the answer on. A view asks the catalogue (`warehouse.ask`) or the search index and
returns plain values and tables; a template sets them, and every table on the screen can
be had as CSV, JSON, Parquet or a workbook. No script, no state; nothing is written but
what somebody decides, by the book that `site.Site` is given (`deciding`).
"""
