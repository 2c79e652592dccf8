/* The latest changed places whose search terms match. Parameter: a pattern, such as %santa fe%. */
SELECT id, region, basic_info, updated_at, version
FROM properties
WHERE search_vector LIKE ?
ORDER BY updated_at DESC
LIMIT 20;
