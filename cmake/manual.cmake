# PRESET/man/PROGRAM.1: docs/man/PROGRAM.1.in, with the options as the program itself tells them.
# Sanitizers want an environment of their own: their builds have no pages.
set(GOFLOW_MANUALS)
if(NOT GOFLOW_SANITIZE)
    file(GLOB pages CONFIGURE_DEPENDS docs/man/*.1.in)
endif()
foreach(page ${pages})
    get_filename_component(name ${page} NAME_WE)
    set(manual ${CMAKE_BINARY_DIR}/man/${name}.1)
    add_custom_command(OUTPUT ${manual}
        COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${name}> -D PAGE=${page}
            -D MANUAL=${manual} -D PROJECT_VERSION=${PROJECT_VERSION}
            -P ${CMAKE_SOURCE_DIR}/cmake/manual_page.cmake
        DEPENDS ${name} ${page} cmake/manual_page.cmake
        COMMENT "Writing man/${name}.1"
        VERBATIM)
    list(APPEND GOFLOW_MANUALS ${manual})
endforeach()
add_custom_target(manuals ALL DEPENDS ${GOFLOW_MANUALS})
