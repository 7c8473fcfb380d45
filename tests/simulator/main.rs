//! The simulator, asked over HTTP: one test for each rule of docs/simulator.md.

mod harness;
mod outcomes;
