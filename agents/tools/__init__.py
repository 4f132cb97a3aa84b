"""What agents may call: plain typed functions."""
