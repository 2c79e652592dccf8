/* The SQLite amalgamation, with one call put into tern's hands.

   SQLite asks localtime_r() only for 'localtime' and 'utc', whose results depend on the machine's time zone and on
   nothing that a page holds. The page recorder must hear of it, or such a result would be cached. */
#include <time.h>

struct tm *tern_sqlite_localtime_r(const time_t *, struct tm *);
#define localtime_r tern_sqlite_localtime_r

#include "sqlite3.c"
