"""What passes between a store and those who use it: plain values, the same for every store."""
