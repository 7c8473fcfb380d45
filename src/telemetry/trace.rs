//! The trace that a request belongs to, as W3C Trace Context writes it.

use crate::random::Random;

/// A request's place in a trace. The trace's id is the request id that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: [u8; 32],
    parent: Option<Parent>,
}

/// The span of somebody else's that a request is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    /// Its id.
    pub span: [u8; 8],
    /// Whether it is collected.
    pub sampled: bool,
}

impl Trace {
    /// The trace that `traceparent` names, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; one of our
    /// own if it names none.
    #[must_use]
    pub fn from_header(traceparent: Option<&str>, random: &Random) -> Trace {
        traceparent.and_then(Trace::named).unwrap_or_else(|| Trace::of(random.bytes()))
    }

    /// One with this id.
    pub(super) fn of(bytes: [u8; 16]) -> Trace {
        let mut id = [0; 32];
        hex::encode_to_slice(bytes, &mut id).expect("16 bytes are 32 digits");
        Trace { id, parent: None }
    }

    /// What its id is written for.
    pub(super) fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        hex::decode_to_slice(self.id, &mut bytes).expect("made of 32 hexadecimal digits");
        bytes
    }

    /// The span that it was named with.
    pub(super) fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// 32 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        std::str::from_utf8(&self.id).expect("made of hexadecimal digits")
    }

    /// The trace that `traceparent` names, if it is one as the standard has it.
    pub(super) fn named(traceparent: &str) -> Option<Trace> {
        let mut parts = traceparent.trim().split('-');
        let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let digits = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let whole = digits(version, 2) && version != "ff" && digits(id, 32) && digits(parent, 16) && digits(flags, 2);
        let known = version != "00" || parts.next().is_none();
        let named = id.bytes().any(|b| b != b'0') && parent.bytes().any(|b| b != b'0');
        if !(whole && known && named) {
            return None;
        }
        let mut span = [0; 8];
        hex::decode_to_slice(parent, &mut span).ok()?;
        let sampled = flags.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']);
        Some(Trace { id: id.as_bytes().try_into().ok()?, parent: Some(Parent { span, sampled }) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_from_a_valid_header() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

        let trace = Trace::from_header(Some(header), &Random::system());

        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn anything_else_begins_a_trace_of_our_own() {
        for header in [
            "",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f-00f067aa0ba902b7-01\n{}",
        ] {
            let trace = Trace::from_header(Some(header), &Random::system());
            assert!(trace.id().len() == 32 && !header.contains(trace.id()), "{header}");
        }
    }
}
