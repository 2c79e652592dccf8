# Which SQLite tern runs on: the system's where it is free of the WAL-reset bug (fixed in 3.51.3), else the public-domain
# amalgamation compiled into tern with hidden symbols. Gives the targets
#   tern_sqlite         what tern's own code links: headers, and in system mode the library
#   tern_sqlite_object  bundled mode only: the amalgamation behind tern's wrapper; archived in tern_sql
#   sqlite3_plain       the amalgamation as anyone would build it, for programs that have never heard of tern
# and TERN_SQLITE_IS_BUNDLED.

set(TERN_SQLITE auto CACHE STRING "Which SQLite to use: auto, system or bundled")
set_property(CACHE TERN_SQLITE PROPERTY STRINGS auto system bundled)
set(TERN_SQLITE_DIR "" CACHE PATH "Folder with sqlite3.c and sqlite3.h to bundle instead of the pinned ones")

set(TERN_SQLITE_SAFE_VERSION 3.51.3)
include(TernSqliteFetch)

if(NOT TERN_SQLITE MATCHES "^(auto|system|bundled)$")
  message(FATAL_ERROR "TERN_SQLITE is '${TERN_SQLITE}'; it must be auto, system or bundled")
endif()

# Declarations in sqlite3.h that depend on these are used by sql/ whichever SQLite is linked.
set(sqlite_features SQLITE_ENABLE_SESSION SQLITE_ENABLE_PREUPDATE_HOOK SQLITE_ENABLE_COLUMN_METADATA)

set(TERN_SQLITE_IS_BUNDLED ON)
if(NOT TERN_SQLITE STREQUAL "bundled")
  find_package(SQLite3 QUIET)
  set(system_fault "")
  if(NOT SQLite3_FOUND)
    set(system_fault "no system SQLite was found (Debian: apt-get install libsqlite3-dev)")
  else()
    include(CheckSourceCompiles)
    set(CMAKE_REQUIRED_LIBRARIES SQLite::SQLite3)
    list(TRANSFORM sqlite_features PREPEND -D OUTPUT_VARIABLE CMAKE_REQUIRED_DEFINITIONS)
    check_source_compiles(C "#include <sqlite3.h>
      int main(void) {
        return (int)((long)&sqlite3session_create ^ (long)&sqlite3_preupdate_hook ^ (long)&sqlite3_column_table_name);
      }" TERN_SYSTEM_SQLITE_HAS_SESSION)
    unset(CMAKE_REQUIRED_LIBRARIES)
    unset(CMAKE_REQUIRED_DEFINITIONS)
    if(NOT TERN_SYSTEM_SQLITE_HAS_SESSION)
      set(system_fault "the system's SQLite ${SQLite3_VERSION} was built without sessions, the pre-update hook or column metadata")
    elseif(SQLite3_VERSION VERSION_LESS TERN_SQLITE_SAFE_VERSION)
      set(system_fault "the system's SQLite ${SQLite3_VERSION} has the WAL-reset bug (fixed in ${TERN_SQLITE_SAFE_VERSION})")
      set(system_fault_at_run_time ON)
    endif()
  endif()
  if(TERN_SQLITE STREQUAL "system")
    if(system_fault AND NOT system_fault_at_run_time)
      message(FATAL_ERROR "TERN_SQLITE=system: ${system_fault}. Configure with -DTERN_SQLITE=bundled.")
    elseif(system_fault)
      message(WARNING "TERN_SQLITE=system: ${system_fault}; tern will refuse to open a database unless told to accept it.")
    endif()
    set(TERN_SQLITE_IS_BUNDLED OFF)
  elseif(NOT system_fault)
    set(TERN_SQLITE_IS_BUNDLED OFF)
  else()
    message(STATUS "tern: bundling SQLite, since ${system_fault}")
  endif()
endif()

add_library(tern_sqlite INTERFACE)
target_compile_definitions(tern_sqlite INTERFACE ${sqlite_features})

if(NOT TERN_SQLITE_IS_BUNDLED)
  target_link_libraries(tern_sqlite INTERFACE SQLite::SQLite3)
  add_library(sqlite3_plain INTERFACE)
  target_link_libraries(sqlite3_plain INTERFACE SQLite::SQLite3)
  message(STATUS "tern: SQLite ${SQLite3_VERSION}, the system's")
  return()
endif()

tern_sqlite_amalgamation(sqlite_dir sqlite_version)
message(STATUS "tern: SQLite ${sqlite_version}, bundled from ${sqlite_dir}")

target_include_directories(tern_sqlite SYSTEM INTERFACE "${sqlite_dir}")
# Our sources see the functions as hidden too, so that calls into SQLite are direct, not through the PLT.
target_compile_definitions(tern_sqlite INTERFACE "SQLITE_API=__attribute__((visibility(\"hidden\")))")

# What a Unix of today has; the amalgamation assumes the least where nobody tells.
set(sqlite_platform
  _GNU_SOURCE _FILE_OFFSET_BITS=64
  HAVE_FDATASYNC=1 HAVE_FCHMOD=1 HAVE_FCHOWN=1 HAVE_GMTIME_R=1 HAVE_INTTYPES_H=1 HAVE_LOCALTIME_R=1 HAVE_LSTAT=1
  HAVE_NANOSLEEP=1 HAVE_PREAD=1 HAVE_PWRITE=1 HAVE_READLINK=1 HAVE_STDINT_H=1 HAVE_STRCHRNUL=1 HAVE_USLEEP=1)

function(tern_sqlite_settings target)
  target_include_directories(${target} PRIVATE "${sqlite_dir}")
  target_compile_definitions(${target} PRIVATE ${sqlite_platform})
  # Other people's code: its warnings are not ours to mend. -O2 in every preset, since SQLite at -O0 makes the tests
  # several times slower and nobody steps through it.
  target_compile_options(${target} PRIVATE -w -O2 -g0)
  set_target_properties(${target} PROPERTIES C_EXTENSIONS ON)
endfunction()

add_library(tern_sqlite_object OBJECT "${PROJECT_SOURCE_DIR}/sql/bundled/sqlite3_tern.c")
tern_sqlite_settings(tern_sqlite_object)
target_compile_definitions(tern_sqlite_object PRIVATE
  "SQLITE_API=__attribute__((visibility(\"hidden\")))"
  SQLITE_THREADSAFE=2
  SQLITE_DEFAULT_MEMSTATUS=0
  # Since 3.50 direct overflow reads are on unless set to 0. They bypass the page cache, where tern sees which pages a
  # statement reads: with them an entry would hang on too few pages and answer stale.
  SQLITE_DIRECT_OVERFLOW_READ=0
  SQLITE_ENABLE_COLUMN_METADATA
  SQLITE_ENABLE_DBSTAT_VTAB
  SQLITE_ENABLE_FTS5
  SQLITE_ENABLE_MATH_FUNCTIONS
  SQLITE_ENABLE_PREUPDATE_HOOK
  SQLITE_ENABLE_RTREE
  SQLITE_ENABLE_SESSION)
# Its memory is watched, so that a pointer lent to it wrongly is found; its own races are not ours to find, and the shared
# memory of the WAL-index is one by design. Its mutexes are seen all the same. Its makers test for undefined behaviour,
# and with that check the compiler would need minutes for this one file.
if(TERN_SANITIZE MATCHES "thread")
  target_compile_options(tern_sqlite_object PRIVATE -fno-sanitize=thread)
elseif(TERN_SANITIZE)
  target_compile_options(tern_sqlite_object PRIVATE -O1 -fno-sanitize=undefined)
endif()
# The wrapper finds its sqlite3.c on the include path, which the dependency scanner follows as any other header.

add_library(sqlite3_plain STATIC EXCLUDE_FROM_ALL "${sqlite_dir}/sqlite3.c")
tern_sqlite_settings(sqlite3_plain)
# As distributions build theirs: a program without it cannot write a table that has a full-text index.
target_compile_definitions(sqlite3_plain PRIVATE SQLITE_ENABLE_FTS5)
if(TERN_SANITIZE)
  target_compile_options(sqlite3_plain PRIVATE -fno-sanitize=all)
endif()
target_include_directories(sqlite3_plain SYSTEM INTERFACE "${sqlite_dir}")
target_link_libraries(sqlite3_plain PUBLIC Threads::Threads ${CMAKE_DL_LIBS} m)
