"""Full-text search over everything published: query, index, find.

The only part that imports tantivy. The index lies beside the catalogue and answers by
itself: no database is opened for a search. It is filled from rows that the pipeline
reads from the published parts, and it can always be made again from them.
"""
