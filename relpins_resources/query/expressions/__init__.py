"""The expression language over arrays of queries and candidates, with SQL's NULLs."""
