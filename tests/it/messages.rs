//! Messages of every type between people and programs: the real program in the middle, the simulated
//! service on one side, a receiver of webhooks and the API on the other.

mod faults;
mod files;
mod groups;
mod people;
mod received;
mod refused;
mod sent;
mod stand;
