# Runs PROGRAM (by INTERPRETER, if it has one) on a new DATABASE and checks what it says: EXPECTED, or that it answered from SQLite first, and from
# memory then.
if(NOT DEFINED EXPECTED)
  set(EXPECTED "^Santa Fe, from (SQLite|sql)\nSanta Fe, from (memory|hot)\n$")
endif()
file(GLOB left_over "${DATABASE}*")
if(left_over)
  file(REMOVE_RECURSE ${left_over})
endif()
execute_process(COMMAND ${INTERPRETER} "${PROGRAM}" "${DATABASE}" OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR NOT out MATCHES "${EXPECTED}")
  message(FATAL_ERROR "exit code ${result}, output:\n${out}${err}")
endif()
