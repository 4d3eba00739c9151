"""What somebody else put into a folder reaches nothing and runs nothing."""
