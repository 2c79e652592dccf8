# Functions that give a target this project's settings.

# Sources of one folder, not of those below it. An empty folder gives an empty translation unit, so that the target
# exists and its dependents link.
function(tern_sources out folder)
  file(GLOB found CONFIGURE_DEPENDS "${folder}/*.cc")
  if(NOT found)
    set(empty "${PROJECT_BINARY_DIR}/empty.cc")
    if(NOT EXISTS "${empty}")
      file(WRITE "${empty}" "")
    endif()
    set(found "${empty}")
  endif()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# For a library that is not shipped: several sources are compiled as one.
function(tern_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TERN_UNITY} UNITY_BUILD_BATCH_SIZE 12)
  if(TERN_UNITY)
    # Another file's helpers are no concern of a file; what is shipped is held to both.
    target_compile_options(${target} PRIVATE -Wno-shadow -Wno-subobject-linkage)
  endif()
endfunction()

# Warnings, include root and definitions for tern's own C++ and C sources.
function(tern_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/engine/include")
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<BOOL:${TERN_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Unique symbols cannot be made weak again once libtern.a is one object, and clash with the host's own copies.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      # GCC bugs 105651, 105329: string concatenation is taken for overlapping copies, or ones past the end.
      target_compile_options(${target} PRIVATE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
        -Wno-stringop-overread)
    endif()
    if(TERN_SANITIZE)
      # The checks that sanitizers put in hide from GCC what is initialized; its manual says to expect false alarms.
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
        -Wno-stringop-overread)
    endif()
  endif()
  target_compile_definitions(${target} PRIVATE TERN_BUNDLED_SQLITE=$<BOOL:${TERN_SQLITE_IS_BUNDLED}>)
endfunction()
