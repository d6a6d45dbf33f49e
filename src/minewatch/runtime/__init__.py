"""How a job is run: threads or a cluster, memory, kernels compiled before they are needed."""
