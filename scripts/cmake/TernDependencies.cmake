# What tern links, and what its tests, benchmarks and program need. A missing one is named with the Debian package that
# holds it, since a bare "not found" sends people searching.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(tern_pkg_config target module package)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "tern needs ${module} (Debian: apt-get install ${package}, or run scripts/deps.sh)")
  endif()
  message(STATUS "tern: ${module} ${${target}_VERSION}")
endfunction()

macro(tern_find_package name package)
  find_package(${name} QUIET)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "tern needs ${name} (Debian: apt-get install ${package}, or run scripts/deps.sh)")
  endif()
endmacro()

tern_pkg_config(TERN_LMDB lmdb liblmdb-dev)
tern_pkg_config(TERN_XXHASH libxxhash libxxhash-dev)
if(TERN_BUILD_CLI OR TERN_BUILD_BENCH)
  tern_find_package(CLI11 libcli11-dev)
  tern_find_package(nlohmann_json nlohmann-json3-dev)
endif()
if(TERN_BUILD_TESTS)
  tern_find_package(GTest libgtest-dev)
  tern_find_package(rapidcheck librapidcheck-dev)
  tern_find_package(nlohmann_json nlohmann-json3-dev)
endif()
