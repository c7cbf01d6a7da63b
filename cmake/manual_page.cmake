# cmake -P: puts the OPTIONS of PROGRAM into PAGE; see manual.cmake.
execute_process(COMMAND ${PROGRAM} -manual=man
    OUTPUT_VARIABLE OPTIONS OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
configure_file(${PAGE} ${MANUAL} @ONLY)
