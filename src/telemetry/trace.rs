//! The trace that a request belongs to, as W3C Trace Context writes it.

use crate::random::Random;

/// A request's place in a trace. The trace's id is the request id that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: [u8; 32],
}

impl Trace {
    /// The trace that `traceparent` names, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; one of our
    /// own if it names none.
    #[must_use]
    pub fn from_header(traceparent: Option<&str>, random: &Random) -> Trace {
        match traceparent.and_then(named) {
            Some(id) => Trace { id },
            None => {
                let mut id = [0; 32];
                hex::encode_to_slice(random.bytes::<16>(), &mut id).expect("16 bytes are 32 digits");
                Trace { id }
            }
        }
    }

    /// 32 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        std::str::from_utf8(&self.id).expect("made of hexadecimal digits")
    }
}

fn named(traceparent: &str) -> Option<[u8; 32]> {
    let mut parts = traceparent.trim().split('-');
    let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let whole = digits(version, 2) && version != "ff" && digits(id, 32) && digits(parent, 16) && digits(flags, 2);
    let known = version != "00" || parts.next().is_none();
    let named = id.bytes().any(|b| b != b'0') && parent.bytes().any(|b| b != b'0');
    if whole && known && named { id.as_bytes().try_into().ok() } else { None }
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
