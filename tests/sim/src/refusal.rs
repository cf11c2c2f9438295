//! Everything the simulated service refuses, each for a reason of the protocol.
//!
//! A refusal is logged as [`crate::Event::Refused`] and answered on the wire the way a client can
//! understand: an HTTP status, a closed socket, a `failure`, an IQ error or a stream error.

/// Why something was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// HTTP 403.
    #[error("the Origin header is missing or not https://web.whatsapp.com")]
    Origin,
    /// HTTP 400 or 404.
    #[error("not a WebSocket request for /ws/chat: {0}")]
    Upgrade(&'static str),
    /// The socket is closed.
    #[error("the stream does not begin with a prologue of this service: {0}")]
    Prologue(&'static str),
    /// The socket is closed.
    #[error("the handshake is not in order: {0}")]
    Handshake(&'static str),
    /// The socket is closed.
    #[error("a text message where only binary ones belong")]
    TextMessage,
    /// The socket is closed: after this both sides' counters disagree.
    #[error("a frame does not decrypt")]
    Frame,
    /// `<stream:error><xml-not-well-formed/>`, then closed.
    #[error("a stanza is malformed: {0}")]
    Stanza(&'static str),
    /// `<failure reason="400">`.
    #[error("the client payload is not in order: {0}")]
    Payload(&'static str),
    /// `<failure reason="400">`.
    #[error("the signed pre-key of a registration is not signed by its identity key")]
    SignedPreKey,
    /// `<failure reason="401">`.
    #[error("no such device is linked")]
    UnknownDevice,
    /// `<failure reason="401">`.
    #[error("the Noise key is not the one the device registered with")]
    NoiseKey,
    /// `<stream:error code="401">`.
    #[error("the companion's device signature is wrong")]
    DeviceSignature,
    /// IQ error 406.
    #[error("one-time key {0} was handed out already and is uploaded again")]
    PreKeyUploadedAgain(u32),
    /// The message is not read; a retry receipt answers it.
    #[error("a message uses a one-time key that was used before")]
    OneTimeKeyUsedAgain,
    /// IQ error 406.
    #[error("uploaded keys are not in order: {0}")]
    PreKeys(&'static str),
    /// IQ error 400. For a wrong code there is no answer: the phone just goes quiet.
    #[error("the pairing code flow is not in order: {0}")]
    LinkCode(&'static str),
    /// A message is acknowledged with error 404.
    #[error("a message to a group the account is no member of, or for somebody who is none")]
    NotAMember,
    /// A message is acknowledged with error 421.
    #[error("a group is addressed by numbers, or by hidden ones, where it wants the other")]
    Addressing,
    /// HTTP 401.
    #[error("a file is left without the media server's token")]
    MediaAuth,
    /// HTTP 400.
    #[error("a file is not the one its path names")]
    MediaHash,
    /// IQ error 401.
    #[error("a request of a connection that is not logged in")]
    NotLoggedIn,
}
