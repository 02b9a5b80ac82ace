//! One suite for all adapters. `apps` holds the same application in each framework, `rows` what must
//! hold of it; `tests/table.rs` asks every row of every application, by HTTP over loopback, and prints
//! what came of it as one table.
#![forbid(unsafe_code)]
#![allow(missing_docs)] // Its one user is its own test.

pub mod apps;
pub mod browser;
pub mod rows;
pub mod site;
