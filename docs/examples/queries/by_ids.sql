/* Twenty places at once. Parameters: twenty ids; one that does not exist, or NULL, gives no row. */
SELECT id, region, property_type, basic_info, updated_at, version
FROM properties
WHERE id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
