//! The edge to WhatsApp: one real link against the simulated service, and the sockets below it.

mod accounts;
mod code;
mod life;
mod obstacles;
mod passkey;
mod post;
mod scene;
mod world;
mod writes;
