"""Exports of whole pages in the forms that content management systems take in."""
