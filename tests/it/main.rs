//! The integration suites, in one binary.

mod config;
mod web;
