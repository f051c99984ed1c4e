//! What users write in documents, and what they read when it is wrong.

mod bad;
mod figures;
mod hostile;
mod schema;
mod support;
