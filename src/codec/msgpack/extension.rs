//! The extension types: timestamps, as points in time where Python has one for them, and whatever
//! else, as the class and arguments by which Python's msgpack would hold it.

use crate::codec::transcript::Transcript;
use crate::model::{Result, iso};

const TIMESTAMP: i8 = -1;
/// The years 1 to 9999 in seconds since 1970.
const DATETIME_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Writes the extension.
pub(super) fn write(code: i8, data: &[u8], out: &mut Transcript<'_>) -> Result<()> {
    match timestamp(code, data) {
        Some((seconds, nanos)) if nanos % 1000 == 0 && DATETIME_SECONDS.contains(&seconds) => {
            let micros = seconds * 1_000_000 + i64::from(nanos / 1000);
            out.typed_text("datetime", &iso::format_utc(micros))
        }
        Some((seconds, nanos)) => object(out, "msgpack.Timestamp", |out| {
            out.integer(&seconds.to_string())?;
            out.integer(&nanos.to_string())
        }),
        None => object(out, "msgpack.ExtType", |out| {
            out.integer(&code.to_string())?;
            out.bytes(data)
        }),
    }
}

/// Seconds since 1970 and nanoseconds after that.
fn timestamp(code: i8, data: &[u8]) -> Option<(i64, u32)> {
    if code != TIMESTAMP {
        return None;
    }
    let (seconds, nanos) = match data.len() {
        4 => (i64::from(u32::from_be_bytes(data.try_into().ok()?)), 0),
        8 => {
            let both = u64::from_be_bytes(data.try_into().ok()?);
            (i64::try_from(both & ((1 << 34) - 1)).ok()?, u32::try_from(both >> 34).ok()?)
        }
        12 => {
            let (nanos, seconds) = data.split_first_chunk()?;
            (i64::from_be_bytes(seconds.try_into().ok()?), u32::from_be_bytes(*nanos))
        }
        _ => return None,
    };
    (nanos < 1_000_000_000).then_some((seconds, nanos))
}

fn object(
    out: &mut Transcript<'_>,
    class: &str,
    args: impl FnOnce(&mut Transcript<'_>) -> Result<()>,
) -> Result<()> {
    out.open_typed("object")?;
    out.open_object()?;
    out.key(b"class")?;
    out.text(class.as_bytes())?;
    out.key(b"args")?;
    out.open_array()?;
    args(out)?;
    out.close_array()?;
    out.key(b"state")?;
    out.null()?;
    out.close_object()?;
    out.close_typed()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::{Limits, limits::Bounds};

    fn json(code: i8, data: &[u8]) -> String {
        let bounds = Bounds::new(&Limits::default(), data.len());
        let mut out = Transcript::new(&bounds, data.len());
        write(code, data, &mut out).unwrap();
        out.finish().text
    }

    fn datetime(text: &str) -> String {
        format!("{{\"__type__\": \"datetime\", \"__value__\": \"{text}\"}}")
    }

    #[test]
    fn timestamps() {
        assert_eq!(json(-1, &[0, 0, 0, 1]), datetime("1970-01-01T00:00:01+00:00"));
        let both = (500_000_000_u64 << 34) | 1;
        assert_eq!(json(-1, &both.to_be_bytes()), datetime("1970-01-01T00:00:01.500000+00:00"));
        let long =
            |seconds: i64, nanos: u32| json(-1, &[&nanos.to_be_bytes()[..], &seconds.to_be_bytes()].concat());
        assert_eq!(long(-1, 0), datetime("1969-12-31T23:59:59+00:00"));
        assert_eq!(long(-62_135_596_800, 0), datetime("0001-01-01T00:00:00+00:00"));
        assert_eq!(long(253_402_300_799, 999_999_000), datetime("9999-12-31T23:59:59.999999+00:00"));
        for (seconds, nanos) in [(1, 1), (-62_135_596_801, 0), (253_402_300_800, 0), (i64::MIN, 999_999_999)]
        {
            let form = format!(
                "{{\"__type__\": \"object\", \"__value__\": {{\"class\": \"msgpack.Timestamp\", \"args\": \
                 [{seconds}, {nanos}], \"state\": null}}}}"
            );
            assert_eq!(long(seconds, nanos), form);
        }
    }

    #[test]
    fn other_types_keep_their_code_and_data() {
        let form = |code: i8, bytes: &str| {
            format!(
                "{{\"__type__\": \"object\", \"__value__\": {{\"class\": \"msgpack.ExtType\", \"args\": \
                 [{code}, {bytes}], \"state\": null}}}}"
            )
        };
        assert_eq!(json(5, b"ab"), form(5, "{\"__type__\": \"bytes\", \"__value__\": \"ab\"}"));
        assert_eq!(json(-128, b"\xff"), form(-128, "{\"__type__\": \"base64\", \"__value__\": \"/w==\"}"));
        assert_eq!(json(-1, b""), form(-1, "{\"__type__\": \"bytes\", \"__value__\": \"\"}"));
        let late = json(-1, &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(late.contains("msgpack.ExtType"), "{late}");
    }
}
