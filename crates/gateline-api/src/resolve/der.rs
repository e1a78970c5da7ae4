//! Just enough of DER (X.690) to see what a key is; nothing more is needed of private keys.

use x509_parser::asn1_rs::{Any, Class, FromDer as _, Tag};

/// The fields of the SEQUENCE that `der` begins with.
pub(super) fn sequence(der: &[u8]) -> Option<Vec<Any<'_>>> {
    let (_, sequence) = Any::from_der(der).ok()?;
    (sequence.tag() == Tag::Sequence).then(|| fields(sequence.data))?
}

/// One value after the other.
pub(super) fn fields(mut content: &[u8]) -> Option<Vec<Any<'_>>> {
    let mut fields = Vec::new();
    while !content.is_empty() {
        let (rest, field) = Any::from_der(content).ok()?;
        fields.push(field);
        content = rest;
    }
    Some(fields)
}

/// An INTEGER that is not negative, without leading zeros.
pub(super) fn number<'d>(field: &Any<'d>) -> &'d [u8] {
    let zeros = field.data.iter().take_while(|byte| **byte == 0).count();
    field.data.get(zeros..).unwrap_or_default()
}

/// What is inside of a BIT STRING of whole bytes.
pub(super) fn whole_bytes(content: &[u8]) -> Option<&[u8]> {
    content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bytes)| bytes)
}

/// The field `[tag]`.
pub(super) fn tagged<'f, 'd>(fields: &'f [Any<'d>], tag: u32) -> Option<&'f Any<'d>> {
    fields.iter().find(|field| field.class() == Class::ContextSpecific && field.tag() == Tag(tag))
}
