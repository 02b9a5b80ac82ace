//! One suite for all adapters. `apps` holds the same application in each framework, `rows` what must
//! hold of it; `table` asks every row of every application, by HTTP over loopback, and says what came
//! of it.
#![forbid(unsafe_code)]
#![allow(missing_docs)] // Its users are its own program and test.

pub mod apps;
pub mod browser;
pub mod rows;
pub mod site;
mod table;

pub use table::table;
