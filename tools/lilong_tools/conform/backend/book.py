"""The scenarios for backends: each module of `scenarios` enters its own."""

from ..scenario import Book
from .bench import Bench

BOOK: Book[Bench] = Book()
scenario = BOOK.scenario
