//! What static RAM holds after power-up: anything, and each time something else.

/// An endless run of bytes; another one for each `power_up` (xorshift64).
pub fn noise(power_up: u64) -> impl Iterator<Item = u8> {
    let mut state = power_up.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    })
}
