//! What files say, and what is made of them.

mod formats;
mod markdown;
mod schema;
