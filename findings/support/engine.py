# SPDX-License-Identifier: BSD-3-Clause -- a small binding to libchdb's C interface, for the findings.
"""Engine(folder).query(sql) returns (error, rows): the error's first line or None, TSV as text."""
import ctypes
import os


class Engine:
    def __init__(self, folder):
        library = ctypes.CDLL(os.environ["LIBCHDB"])
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        library.chdb_connect.restype = ctypes.POINTER(pointer)
        library.chdb_query_n.restype = pointer
        library.chdb_query_n.argtypes = [pointer, ctypes.c_char_p, size, ctypes.c_char_p, size]
        library.chdb_result_error.restype = ctypes.c_char_p
        library.chdb_result_buffer.restype = pointer
        library.chdb_result_length.restype = size
        for name in ("error", "buffer", "length"):
            getattr(library, "chdb_result_" + name).argtypes = [pointer]
        library.chdb_destroy_query_result.argtypes = [pointer]
        arguments = [b"finding", b"--path=" + folder.encode()]
        self.library = library
        self.connection = library.chdb_connect(
            len(arguments), (ctypes.c_char_p * len(arguments))(*arguments))[0]

    def query(self, sql):
        text = sql.encode()
        result = self.library.chdb_query_n(self.connection, text, len(text), b"TSV", 3)
        error = self.library.chdb_result_error(result)
        length = self.library.chdb_result_length(result)
        rows = ctypes.string_at(self.library.chdb_result_buffer(result), length) if length else b""
        self.library.chdb_destroy_query_result(result)
        return error.decode().splitlines()[0] if error else None, rows.decode().rstrip("\n")

    def rows(self, sql):
        error, rows = self.query(sql)
        if error:
            raise SystemExit(f"{sql}\n  {error}")
        return rows
