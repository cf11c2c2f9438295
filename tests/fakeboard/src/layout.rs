//! Numbers in and out of the kernel's structs, which arrive as bytes: native byte order, no padding but
//! what the header files spell out.

use rustix::io::Errno;

/// A struct as the program sees it.
pub struct Layout(Vec<u8>);

impl Layout {
    /// A struct of that many bytes, all zero.
    #[must_use]
    pub fn zeroed(bytes: usize) -> Self {
        Self(vec![0; bytes])
    }

    /// A struct that was read.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The 64-bit number at an offset.
    pub fn u64(&self, at: usize) -> Result<u64, Errno> {
        self.part(at).map(u64::from_ne_bytes)
    }

    /// The 32-bit number at an offset.
    pub fn u32(&self, at: usize) -> Result<u32, Errno> {
        self.part(at).map(u32::from_ne_bytes)
    }

    /// The 16-bit number at an offset.
    pub fn u16(&self, at: usize) -> Result<u16, Errno> {
        self.part(at).map(u16::from_ne_bytes)
    }

    /// The byte at an offset.
    pub fn u8(&self, at: usize) -> Result<u8, Errno> {
        self.part::<1>(at).map(|[byte]| byte)
    }

    /// The text of a fixed field, up to its NUL.
    #[must_use]
    pub fn text(&self, at: usize, length: usize) -> String {
        let field = self.0.get(at..at + length).unwrap_or_default();
        let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(field).into_owned()
    }

    /// Whether all these bytes are zero.
    #[must_use]
    pub fn is_zero(&self, range: std::ops::Range<usize>) -> bool {
        let field = self.0.get(range).unwrap_or_default();
        field.iter().all(|byte| *byte == 0)
    }

    /// Puts bytes (numbers by `to_ne_bytes`) at an offset; what does not fit is left out.
    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        for (place, byte) in self.0.iter_mut().skip(at).zip(bytes) {
            *place = *byte;
        }
    }

    fn part<const N: usize>(&self, at: usize) -> Result<[u8; N], Errno> {
        self.0
            .get(at..at + N)
            .and_then(|part| part.try_into().ok())
            .ok_or(Errno::FAULT)
    }
}
