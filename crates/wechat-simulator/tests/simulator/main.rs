//! The simulator, asked over HTTP: one test for each rule of docs/simulator.md, named after its number.

mod checks;
mod codes;
mod control;
mod data;
mod documentation;
mod exchange;
mod faults;
mod harness;
mod imports;
mod keys;
mod limits;
mod login_state;
mod outcomes;
mod privacy;
mod properties;
mod servers;
mod tokens;
