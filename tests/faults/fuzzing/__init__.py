"""Files that people and machines write, damaged at random: `make fuzz`."""
