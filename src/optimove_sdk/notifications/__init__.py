"""What Optimove sends to you."""
