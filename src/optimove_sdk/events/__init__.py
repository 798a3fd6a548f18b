"""OptiEvent: what your customers do, reported from your servers into Optimove."""
