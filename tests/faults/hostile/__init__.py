"""Files that another party put into a folder reach nothing and run nothing."""
