"""The page that documents a rule: what is on it, and the forms in which it is printed."""

from handbook.rulebook.pages.page import CodeFile, OptionEntry, Page, Sample, page_of

__all__ = ["CodeFile", "OptionEntry", "Page", "Sample", "page_of"]
