//! The frame that screens draw into, and the list of what they drew.
//!
//! A canvas knows the ink: lit on an OLED, dark on paper, and dark on both beside a QR, which stands
//! on a lit field. Screens say what is inked; which level that is belongs here.

use embedded_graphics::Drawable;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::primitives::{
    CornerRadii, Primitive, PrimitiveStyle, Rectangle, RoundedRectangle,
};

use super::area::{Area, Kind, Mark};
use super::face::Face;
use super::frame::{Format, Frame, Medium};
use super::grid::{self, Grid};
use super::icon::{self, Icon};

/// A picture in the making.
pub struct Canvas {
    frame: Frame,
    format: Format,
    /// Whether inked pixels are lit.
    ink: bool,
    /// Which account of how many, as `2/3`, when there are several.
    pub badge: Option<String>,
    /// Whether the headline carries the mark of a storage that takes no writes.
    pub card: bool,
    /// Whether it carries the mark of messages that do not arrive.
    pub letter: bool,
    marks: Vec<Mark>,
}

impl Canvas {
    /// For a status: light on dark on an OLED, dark on light on paper.
    pub fn new(format: Format) -> Self {
        Self::on(format, format.medium == Medium::Paper)
    }

    /// For a QR: dark on a lit field, up to every edge (HARDWARE.md 1.4).
    pub fn lit(format: Format) -> Self {
        Self::on(format, true)
    }

    fn on(format: Format, ground: bool) -> Self {
        let mut frame = Frame::new(format.geometry);
        frame.fill(
            (0, 0),
            (format.geometry.width, format.geometry.height),
            ground,
        );
        Self {
            frame,
            format,
            ink: !ground,
            badge: None,
            card: false,
            letter: false,
            marks: Vec::new(),
        }
    }

    /// The panel.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the picture may change without a reason: paper stands still.
    pub fn moves(&self) -> bool {
        self.format.medium == Medium::Oled
    }

    /// The measures of its class.
    pub fn grid(&self) -> &'static Grid {
        Grid::of(self.format.geometry)
    }

    /// What screens may use.
    pub fn content(&self) -> Area {
        grid::content(self.format)
    }

    /// The whole panel.
    pub fn all(&self) -> Area {
        Area {
            left: 0,
            top: 0,
            width: self.format.geometry.width,
            height: self.format.geometry.height,
        }
    }

    /// Writes a line, its cell's top left corner at the given column and row.
    pub fn text(&mut self, text: &str, face: Face, at: (u32, u32)) {
        self.write(text, face, at, self.ink);
    }

    /// The same on an inked ground.
    pub fn text_reversed(&mut self, text: &str, face: Face, at: (u32, u32)) {
        self.write(text, face, at, !self.ink);
    }

    fn write(&mut self, text: &str, face: Face, (left, top): (u32, u32), lit: bool) {
        face.draw(&mut self.frame, text, (left, top), lit);
        let area = Area {
            left,
            top,
            width: face.width(text),
            height: face.height(),
        };
        self.mark(Kind::Text(text.to_owned()), area);
    }

    /// Inks an area, or wipes it.
    pub fn fill(&mut self, area: Area, inked: bool) {
        let Area {
            left,
            top,
            width,
            height,
        } = area;
        self.frame
            .fill((left, top), (width, height), inked == self.ink);
    }

    /// Inks an area with round corners: the ground of reversed words.
    pub fn rounded(&mut self, area: Area, radius: u32) {
        let corner = Point::new(area.left.cast_signed(), area.top.cast_signed());
        let shape = RoundedRectangle::new(
            Rectangle::new(corner, Size::new(area.width, area.height)),
            CornerRadii::new(Size::new_equal(radius)),
        );
        let style = PrimitiveStyle::with_fill(BinaryColor::from(self.ink));
        let Ok(()) = shape.into_styled(style).draw(&mut self.frame);
    }

    /// Draws an icon, `scale` (1 or 2) times as large; inked, or wiped out of an inked ground.
    pub fn icon(&mut self, icon: &Icon, (left, top): (u32, u32), scale: u32, inked: bool) {
        let lit = inked == self.ink;
        icon::draw(&mut self.frame, icon, (left, top), scale > 1, lit);
        let area = Area::square((left, top), icon::SIZE * scale);
        self.mark(Kind::Icon, area);
    }

    /// Notes what was drawn where.
    pub fn mark(&mut self, kind: Kind, area: Area) {
        self.marks.push(Mark { kind, area });
    }

    /// The picture.
    pub fn into_frame(self) -> Frame {
        self.frame
    }

    /// What stands where on it.
    pub fn into_marks(self) -> Vec<Mark> {
        self.marks
    }
}
