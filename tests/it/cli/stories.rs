//! The whole product by its command line: the real service behind its real control socket, the simulated
//! WhatsApp and phone.
