find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(CZMQ REQUIRED IMPORTED_TARGET libczmq)
# Debian's also name what libzmq itself was built with, which CMake reads another way when it configures
# a second time: then everything would be compiled again, beneath whoever runs it.
foreach(package ZMQ CZMQ)
    set_target_properties(PkgConfig::${package} PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${${package}_INCLUDEDIR}" INTERFACE_COMPILE_OPTIONS "")
endforeach()
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
find_program(PROTOC_C protoc-c REQUIRED)
# Optional: without it programs filter no system calls, and their start line says seccomp=not-built.
pkg_check_modules(SECCOMP IMPORTED_TARGET libseccomp)
