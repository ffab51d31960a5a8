"""The rules, a folder for each chapter of the standard and a file for each rule."""
