"""Clearings inside forest by a lasting fall of backscatter: sees through the monsoon."""
