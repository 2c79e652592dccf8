/* One place. Parameter: an id, such as p-3039154. */
SELECT id, region, property_type, basic_info, detailed_info, updated_at, version
FROM properties
WHERE id = ?;
