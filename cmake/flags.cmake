# One set of compiler flags for every target. Release builds keep their asserts.
add_library(goflow_flags INTERFACE)
target_include_directories(goflow_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(goflow_flags INTERFACE _GNU_SOURCE GOFLOW_VERSION="${PROJECT_VERSION}")
target_compile_options(goflow_flags INTERFACE
    -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wvla -Wwrite-strings -Wno-format-zero-length -fvisibility=hidden -fno-common)
include(cmake/hardening.cmake)

if(GOFLOW_SANITIZE)
    add_compile_options(-fsanitize=${GOFLOW_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${GOFLOW_SANITIZE})
endif()
if(GOFLOW_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# goflow_library(NAME LINKS...): every .c of the current folder, as one layer.
function(goflow_library name)
    file(GLOB sources CONFIGURE_DEPENDS *.c)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC goflow_flags ${ARGN})
endfunction()
