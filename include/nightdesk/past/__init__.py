"""Where a past night can be read, as pure functions: what to ask, what was answered.

    spans     for which time a list names every entry
    paging    the page of a feed that has older entries
    dating    the day of an entry, and the rule that told it
    cost      caps, and what was spent of them
    cdx       the Wayback Machine's index of captures, and where a capture is
    ccnews    Common Crawl's news files: which of them, and which records
    members   the records of a .warc.gz, without unpacking those nobody wants
    records   a record of it, checked
    gal, gkg  GDELT's lists of articles, as indexes of addresses

The order in which they are asked, the fetching and the writing are in
`pipeline.past_*`. What comes from outside is hostile and often broken: parsers return
what can be read, and count the rest by reason.
"""
