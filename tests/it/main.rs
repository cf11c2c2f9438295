//! The one integration binary: a module for each part of the box, and whole-service stories.

mod machine;
