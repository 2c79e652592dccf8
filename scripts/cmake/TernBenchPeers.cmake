# The programs that tern is measured beside. One that is not installed is said so here, and shows as "absent" in every
# result; the benchmarks build without it.

function(tern_bench_absent what package)
  message(STATUS "tern: bench without ${what} (Debian: apt-get install ${package}, or scripts/deps.sh bench)")
endfunction()

# Gives the target each peer that is here, and a macro TERN_BENCH_HAS_… for it.
function(tern_bench_peers target)
  find_package(absl QUIET)
  if(TARGET absl::flat_hash_map)
    target_sources(${target} PRIVATE peers/absl_map.cc)
    target_link_libraries(${target} PRIVATE absl::flat_hash_map)
    target_compile_definitions(${target} PRIVATE TERN_BENCH_HAS_ABSL=1 TERN_BENCH_ABSL_VERSION="${absl_VERSION}")
  else()
    tern_bench_absent("absl::flat_hash_map" libabsl-dev)
  endif()

  find_path(rocksdb_include rocksdb/db.h)
  find_library(rocksdb_library rocksdb)
  mark_as_advanced(rocksdb_include rocksdb_library)
  if(rocksdb_include AND rocksdb_library)
    target_sources(${target} PRIVATE peers/rocksdb_peer.cc)
    target_include_directories(${target} SYSTEM PRIVATE "${rocksdb_include}")
    target_link_libraries(${target} PRIVATE "${rocksdb_library}")
    target_compile_definitions(${target} PRIVATE TERN_BENCH_HAS_ROCKSDB=1)
  else()
    tern_bench_absent(RocksDB librocksdb-dev)
  endif()

  pkg_check_modules(hiredis QUIET IMPORTED_TARGET hiredis)
  if(hiredis_FOUND)
    target_sources(${target} PRIVATE peers/redis_peer.cc)
    target_link_libraries(${target} PRIVATE PkgConfig::hiredis)
    target_compile_definitions(${target} PRIVATE TERN_BENCH_HAS_HIREDIS=1)
  else()
    tern_bench_absent(Redis "libhiredis-dev redis-server")
  endif()
endfunction()
