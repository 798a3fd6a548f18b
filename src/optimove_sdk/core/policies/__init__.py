"""What happens around a request, one generator each: retry, token, rate, deadline."""
