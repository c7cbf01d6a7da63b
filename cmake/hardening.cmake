# What makes a mistake in memory end the process instead of running somebody's code.
#
# Everything here stands before CMAKE_C_FLAGS and CMAKE_EXE_LINKER_FLAGS, so that whoever builds can
# override each flag with them. tests/e2e/hardening.py reads the result from the programs.
include(CheckCCompilerFlag)

set(GOFLOW_HARDENING "-fPIE -fstack-protector-strong")
foreach(flag -fstack-clash-protection -fcf-protection=full)
    string(MAKE_C_IDENTIFIER "HAS${flag}" has_flag)
    check_c_compiler_flag("-Werror ${flag}" ${has_flag})
    if(${has_flag})
        string(APPEND GOFLOW_HARDENING " ${flag}")
    endif()
endforeach()

# The headers of libc want an optimised build for this one, and sanitizers do the same by themselves.
if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$" AND NOT GOFLOW_SANITIZE
    AND NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE")
    string(APPEND GOFLOW_HARDENING " -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
endif()
set(CMAKE_C_FLAGS "${GOFLOW_HARDENING} ${CMAKE_C_FLAGS}")

# Only CMake's own default goes: release builds keep their asserts.
if(CMAKE_C_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
    set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
endif()

set(CMAKE_EXE_LINKER_FLAGS
    "-pie -Wl,-z,relro,-z,now,-z,noexecstack ${CMAKE_EXE_LINKER_FLAGS}")
