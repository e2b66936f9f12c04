"""The HTTP interface of `reporting`: figures for programs, a plain page for people."""
