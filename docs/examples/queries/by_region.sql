/* The places of a region. Parameters: a region, such as US-NM; how many at most. */
SELECT id, property_type, basic_info, updated_at, version
FROM properties
WHERE region = ?
LIMIT ?;
