"""What is measured, and how: quality and speed."""
