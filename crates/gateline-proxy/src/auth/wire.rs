//! Just enough of the protocol buffers wire format (protobuf.dev/programming-guides/encoding) for `Check`.

use bytes::{Buf, Bytes, BytesMut};

/// Writes one message. Fields with the default value are left out.
#[derive(Debug, Default)]
pub(super) struct Writer(BytesMut);

impl Writer {
    pub(super) fn number(mut self, field: u32, value: u64) -> Self {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
        self
    }

    pub(super) fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        if !value.is_empty() {
            self.length(field, value.len());
            self.0.extend_from_slice(value);
        }
        self
    }

    pub(super) fn message(mut self, field: u32, message: Self) -> Self {
        self.length(field, message.0.len());
        self.0.unsplit(message.0);
        self
    }

    pub(super) fn finish(self) -> BytesMut {
        self.0
    }

    fn length(&mut self, field: u32, length: usize) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(u64::try_from(length).unwrap_or(u64::MAX));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.extend_from_slice(&[value.to_le_bytes()[0] | 0x80]);
            value >>= 7;
        }
        self.0.extend_from_slice(&[value.to_le_bytes()[0]]);
    }
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u64,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Number(u64),
    Bytes(Bytes),
    /// Of a type that nothing here has.
    Other,
}

impl Field {
    pub(super) fn number(&self) -> Option<u64> {
        if let Value::Number(value) = self.value { Some(value) } else { None }
    }

    pub(super) fn bytes(&self) -> Option<Bytes> {
        if let Value::Bytes(bytes) = &self.value { Some(bytes.clone()) } else { None }
    }

    pub(super) fn text(&self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }
}

/// The fields of a message, in order. `None` where it is none.
pub(super) fn fields(mut message: Bytes) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while message.has_remaining() {
        let tag = varint(&mut message)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut message)?),
            1 => skip(&mut message, 8)?,
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                Value::Bytes((length <= message.len()).then(|| message.split_to(length))?)
            }
            5 => skip(&mut message, 4)?,
            _ => return None,
        };
        fields.push(Field { number: tag >> 3, value });
    }
    Some(fields)
}

fn skip(message: &mut Bytes, length: usize) -> Option<Value> {
    (length <= message.len()).then(|| message.advance(length))?;
    Some(Value::Other)
}

fn varint(message: &mut Bytes) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = message.has_remaining().then(|| message.get_u8())?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for number in [1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let inner = Writer::default().bytes(2, b"b");
            let message =
                Writer::default().number(1, number).number(9, 0).message(300, inner).finish().freeze();
            let fields = fields(message).unwrap();
            assert_eq!(fields.len(), 2);
            assert_eq!((fields[0].number, fields[0].number()), (1, Some(number)));
            assert_eq!(
                (fields[1].number, fields[1].bytes().unwrap()),
                (300, Bytes::from_static(b"\x12\x01b"))
            );
        }
        // 150 in field 1: the example of the documentation.
        assert_eq!(Writer::default().number(1, 150).finish().as_ref(), b"\x08\x96\x01");
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bad in [
            &b"\x08"[..],
            b"\x12\x05abc",
            b"\x09abc",
            b"\x0b",
            &[0xff; 11],
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        ] {
            assert!(fields(Bytes::copy_from_slice(bad)).is_none(), "{bad:?}");
        }
    }
}
