//! The recovery matrix of small stores.
