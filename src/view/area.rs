//! Rectangles of pixels, and what stands in them: the measure by which nothing overlaps.

/// A rectangle of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    /// Its first column.
    pub left: u32,
    /// Its first row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Area {
    /// The column after its last.
    #[must_use]
    pub fn right(self) -> u32 {
        self.left + self.width
    }

    /// The row after its last.
    #[must_use]
    pub fn bottom(self) -> u32 {
        self.top + self.height
    }

    /// Whether the two share a pixel.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        let across = self.left < other.right() && other.left < self.right();
        let down = self.top < other.bottom() && other.top < self.bottom();
        across && down
    }

    /// A square with this corner.
    #[must_use]
    pub fn square((left, top): (u32, u32), side: u32) -> Self {
        Self {
            left,
            top,
            width: side,
            height: side,
        }
    }

    /// What is left without the first `rows`.
    #[must_use]
    pub fn below(self, rows: u32) -> Self {
        let rows = rows.min(self.height);
        Self {
            top: self.top + rows,
            height: self.height - rows,
            ..self
        }
    }

    /// What is left without the first `columns`.
    #[must_use]
    pub fn beside(self, columns: u32) -> Self {
        let columns = columns.min(self.width);
        Self {
            left: self.left + columns,
            width: self.width - columns,
            ..self
        }
    }

    /// The area without so many pixels at every side.
    #[must_use]
    pub fn shrunk(self, by: u32) -> Self {
        let inner = self.beside(by).below(by);
        Self {
            width: inner.width.saturating_sub(by),
            height: inner.height.saturating_sub(by),
            ..inner
        }
    }
}

/// What a [`Mark`] is.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// A line of text, which a [`crate::secret::Secret`] may be part of.
    Text(String),
    /// A small picture.
    Icon,
    /// A bar with its border, or the ground behind words.
    Shape,
    /// A QR without its quiet zone.
    Code,
}

/// Something drawn, and the room it takes: the cells of a text, ink or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub area: Area,
}

/// The place only: the words may be a credential.
impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::Text(_) => "text",
            Kind::Icon => "icon",
            Kind::Shape => "shape",
            Kind::Code => "code",
        };
        let Area {
            left,
            top,
            width,
            height,
        } = self.area;
        write!(f, "{kind} {width}x{height} at ({left}, {top})")
    }
}
