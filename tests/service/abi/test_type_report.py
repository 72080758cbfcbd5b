"""Reports of `abidiff`: which changes are of types, and which reports are not as expected."""

import pytest

from service.abi.type_report import TypeChange, UnreadableReportError, read_report

GREW = """\
Functions changes summary: 0 Removed, 1 Changed, 1 Added functions
Variables changes summary: 0 Removed, 0 Changed, 0 Added variable

1 Added function:

  [A] 'function int next(int)'    {next@@V_1}

1 function with some indirect sub-type change:

  [C] 'function int total(const pair*)' at a.c:4:1 has some indirect sub-type changes:
    parameter 1 of type 'const pair*' has sub-type changes:
      in pointed to type 'const pair':
        in unqualified underlying type 'struct pair' at a.h:1:1:
          type size changed from 64 to 128 (in bits)
          1 data member insertion:
            'long int pad', at offset 0 (in bits) at a.h:1:1
"""
ADDED = """\
Functions changes summary: 1 Removed, 0 Changed, 1 Added function
Variables changes summary: 0 Removed, 0 Changed, 0 Added variable

1 Removed function:

  [D] 'function int last(int)'    {last@@V_1}

1 Added function:

  [A] 'function int next(int)'    {next@@V_1}
"""
SEVERAL = """\
Functions changes summary: 0 Removed, 2 Changed (1 filtered out), 0 Added functions
Variables changes summary: 0 Removed, 2 Changed, 0 Added variables

1 function with some indirect sub-type change:

  [C] 'method int ns::Stack::top(ns::Item*)' at b.h:3:1 has some indirect sub-type changes:
    parameter 1 of type 'ns::Item*' has sub-type changes:
      in pointed to type 'struct ns::Item' at b.h:1:1:
        type size changed from 128 to 192 (in bits)

2 Changed variables:

  [C] 'int plain[4][2]' was changed to 'int plain[8][2]' at b.h:6:1:
    size of symbol changed from 32 to 64

  [C] 'pair shared' was changed at b.h:5:1:
    type 'struct pair' changed at a.h:1:1, as reported earlier
"""


def test_a_struct_that_grew_is_a_change_and_an_added_function_is_none() -> None:
    assert read_report(GREW, 4) == [TypeChange("total", "struct pair")]
    assert read_report(ADDED, 12) == []
    assert read_report("", 0) == []


def test_functions_of_cxx_and_variables_are_named() -> None:
    assert read_report(SEVERAL, 4) == [
        TypeChange("ns::Stack::top", "struct ns::Item"),
        TypeChange("plain", ""),
        TypeChange("shared", "struct pair"),
    ]


@pytest.mark.parametrize("code", [1, 2, 5, 11])
def test_a_run_that_failed_is_no_result(code: int) -> None:
    with pytest.raises(UnreadableReportError, match=f"exit code {code}"):
        read_report(GREW, code)


def test_a_report_whose_counts_do_not_fit_is_no_result() -> None:
    with pytest.raises(UnreadableReportError, match="3 changes are counted, and 1 described"):
        read_report(GREW.replace("1 Changed", "3 Changed"), 4)
