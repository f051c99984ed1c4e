//! Evaluates kustomize trees: a map of path to text becomes objects, each value with the place that a user would edit.
