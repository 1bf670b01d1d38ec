"""What a run in virtual time leaves to people who work with data: tables in Parquet, their schema in one place."""
