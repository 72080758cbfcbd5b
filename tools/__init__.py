"""Tools for developers: generators of documentation and pictures, and what they drive."""
