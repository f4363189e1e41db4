from __future__ import annotations

from tests.bench.figures import Run, figure_of
from tests.bench.tables import costs_table, figures_table, render

RAW = figure_of("raw", "requests", [Run(2000, 0.001, 0.002, costs={"bare Flask": 400})], load=0.5)
OURS = figure_of("ours", "requests", [Run(1500, 0.0105, 0.1, slowest=0.25)], load=0.5, limit="raw")


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_to_the_right() -> None:
    assert render(("what", "n"), [("a", "1"), ("bcdef", "100")]).splitlines() == [
        "| what  |   n |",
        "| ----- | --: |",
        "| a     |   1 |",
        "| bcdef | 100 |",
    ]


def test_a_figure_stands_beside_its_limit() -> None:
    raw, ours = figures_table([RAW, OURS]).splitlines()[2:]
    assert [cell.strip() for cell in ours.strip("|").split("|")] == [
        *("ours", "1,500", "1,500 to 1,500", "75%", "10.5", "100.0", "250.0", "0", "0.5", "0.0"),
    ]
    assert [cell.strip() for cell in raw.strip("|").split("|")][3] == ""


def test_a_limit_that_was_not_measured_gives_no_ratio() -> None:
    (alone,) = figures_table([OURS]).splitlines()[2:]
    assert "%" not in alone


def test_what_costs_nothing_is_left_out() -> None:
    figure = figure_of("x", "y", [Run(1, costs={"gateway": 900.4, "broker": 40, "auth": 0.3})], 0.0)
    (line,) = costs_table([figure, OURS]).splitlines()[2:]
    assert [cell.strip() for cell in line.strip("|").split("|")] == ["x", "941", "gateway 900 + broker 40"]
