# Provides the folder that holds the amalgamation. It is taken from an npm package, since that is a place where the
# unmodified file is published, versioned and mirrored; only its hash is trusted.

set(TERN_SQLITE_PACKAGE better-sqlite3@12.11.1)
set(TERN_SQLITE_PINNED_VERSION 3.53.2)
set(TERN_SQLITE_SHA256_sqlite3.c 60d2f39a3726cd6b9021da6f4e868608d66fbb6528a9f513dc8ffcc640493422)
set(TERN_SQLITE_SHA256_sqlite3.h 9e69a1353a4288450b0d5239ede11fc7f1f4c8e5eb07491fc8317eacb5b7de7e)

set(TERN_SQLITE_OTHER_WAYS
  "Other ways: -DTERN_SQLITE_DIR=<folder with sqlite3.c and sqlite3.h of ${TERN_SQLITE_SAFE_VERSION} or later>, \
or -DTERN_SQLITE=system.")

function(tern_sqlite_version_of out folder)
  file(STRINGS "${folder}/sqlite3.h" line REGEX "^#define SQLITE_VERSION +\"")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${line}")
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

# Sets `out` to the name of the first file in `folder` that is missing or is not the pinned one, or to nothing.
function(tern_sqlite_first_wrong_file out folder)
  set(${out} "" PARENT_SCOPE)
  foreach(name sqlite3.c sqlite3.h)
    if(NOT EXISTS "${folder}/${name}")
      set(${out} "${name}" PARENT_SCOPE)
      return()
    endif()
    file(SHA256 "${folder}/${name}" sha)
    if(NOT sha STREQUAL TERN_SQLITE_SHA256_${name})
      set(${out} "${name}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

function(tern_sqlite_download target_dir)
  find_program(TERN_NPM npm)
  if(NOT TERN_NPM)
    message(FATAL_ERROR "Bundling SQLite ${TERN_SQLITE_PINNED_VERSION} needs npm, to get it once from the package "
      "${TERN_SQLITE_PACKAGE} (Debian: apt-get install npm, or run scripts/deps.sh). ${TERN_SQLITE_OTHER_WAYS}")
  endif()
  string(RANDOM LENGTH 8 suffix)
  set(work "${target_dir}.part-${suffix}")
  file(MAKE_DIRECTORY "${work}")
  message(STATUS "tern: getting SQLite ${TERN_SQLITE_PINNED_VERSION} from the npm package ${TERN_SQLITE_PACKAGE}")
  execute_process(
    COMMAND "${TERN_NPM}" pack ${TERN_SQLITE_PACKAGE} --silent
    WORKING_DIRECTORY "${work}" RESULT_VARIABLE failed OUTPUT_VARIABLE tarball ERROR_VARIABLE why
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    file(REMOVE_RECURSE "${work}")
    message(FATAL_ERROR "npm could not get ${TERN_SQLITE_PACKAGE}: ${why}\n"
      "Check the network and npm's settings, then configure again. ${TERN_SQLITE_OTHER_WAYS}")
  endif()
  file(GLOB tarball "${work}/*.tgz")
  file(ARCHIVE_EXTRACT INPUT "${tarball}" DESTINATION "${work}"
       PATTERNS "*/deps/sqlite3/sqlite3.c" "*/deps/sqlite3/sqlite3.h")
  set(unpacked "${work}/package/deps/sqlite3")
  tern_sqlite_first_wrong_file(wrong "${unpacked}")
  if(wrong)
    file(REMOVE_RECURSE "${work}")
    message(FATAL_ERROR "${wrong} in the npm package ${TERN_SQLITE_PACKAGE} is missing or does not have the SHA-256 "
      "${TERN_SQLITE_SHA256_${wrong}}; it was thrown away. A proxy or a mirror may have altered it. "
      "${TERN_SQLITE_OTHER_WAYS}")
  endif()
  # Renamed in one step, so that two builds configuring at once never see half a folder.
  file(RENAME "${unpacked}" "${target_dir}" RESULT rename_failed)
  file(REMOVE_RECURSE "${work}")
endfunction()

function(tern_sqlite_amalgamation out_dir out_version)
  if(TERN_SQLITE_DIR)
    foreach(name sqlite3.c sqlite3.h)
      if(NOT EXISTS "${TERN_SQLITE_DIR}/${name}")
        message(FATAL_ERROR "TERN_SQLITE_DIR: there is no ${name} in ${TERN_SQLITE_DIR}")
      endif()
    endforeach()
    tern_sqlite_version_of(version "${TERN_SQLITE_DIR}")
    if(version VERSION_LESS TERN_SQLITE_SAFE_VERSION)
      message(FATAL_ERROR "TERN_SQLITE_DIR holds SQLite ${version}, which has the WAL-reset bug; "
        "${TERN_SQLITE_SAFE_VERSION} or later is needed.")
    endif()
    set(${out_dir} "${TERN_SQLITE_DIR}" PARENT_SCOPE)
    set(${out_version} "${version}" PARENT_SCOPE)
    return()
  endif()

  if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(cache_home "$ENV{XDG_CACHE_HOME}")
  else()
    set(cache_home "$ENV{HOME}/.cache")
  endif()
  set(folder "${cache_home}/tern/sqlite-${TERN_SQLITE_PINNED_VERSION}")
  if(NOT EXISTS "${folder}")
    tern_sqlite_download("${folder}")
  endif()
  tern_sqlite_first_wrong_file(wrong "${folder}")
  if(wrong)
    message(FATAL_ERROR "${folder}/${wrong} is missing or does not have the SHA-256 ${TERN_SQLITE_SHA256_${wrong}}. "
      "Remove that folder and configure again to get it anew. ${TERN_SQLITE_OTHER_WAYS}")
  endif()
  set(${out_dir} "${folder}" PARENT_SCOPE)
  set(${out_version} "${TERN_SQLITE_PINNED_VERSION}" PARENT_SCOPE)
endfunction()
