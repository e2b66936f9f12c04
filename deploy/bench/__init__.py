"""Measurements: each a ratio to a reference in the same run, never an absolute number, never asserted in a test.

A module of this package joins by exposing `rows() -> list[Bench]`.
"""
