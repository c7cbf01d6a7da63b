# SPDX-License-Identifier: BSD-3-Clause -- recorded exports of real devices, where there are any.
"""
The recordings are not part of the project: they are looked for in ../shared/captures beside it.
What needs them says so where they are not, and counts as nothing.
"""
import case

FOLDER = case.ROOT.parent / "shared" / "captures"


def are_absent():
    """Says so if they are."""
    if FOLDER.is_dir():
        return False
    print(f"absent: no {FOLDER}, so recorded exports are not read and not counted")
    return True


def main(names):
    """case.main(), but for the cases test_recorded... where there are no recordings."""
    left_out = "test_recorded" if are_absent() else None
    case.main({name: value for name, value in names.items()
               if left_out is None or not name.startswith(left_out)})
