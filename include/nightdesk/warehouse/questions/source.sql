-- A source as it is listed now.
SELECT * FROM source WHERE source_id = $source OR list_contains(was, $source)
