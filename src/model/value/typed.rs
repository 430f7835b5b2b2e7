//! The typed forms: `{"__type__": T, "__value__": V}` with exactly these two keys. A T that nobody
//! knows and a V that does not fit leave the object plain data, where Python fails. The first seven
//! are kombu's; the others spell what the other serializers can hold and JSON cannot (`forms`).

use super::document::{Element, Elements};
use super::{Kind, Value, forms, text};
use crate::model::{base64, iso, timedelta::TimeDelta};
use std::borrow::Cow;

const NAMES: [(&str, Kind); 14] = [
    ("datetime", Kind::DateTime),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("decimal", Kind::Decimal),
    ("uuid", Kind::Uuid),
    ("bytes", Kind::Bytes),
    ("base64", Kind::Bytes),
    ("set", Kind::Set),
    ("frozenset", Kind::Set),
    ("map", Kind::Map),
    ("timedelta", Kind::TimeDelta),
    ("object", Kind::PythonObject),
    ("name", Kind::PythonName),
    ("exception", Kind::Exception),
];

/// A recognised typed form.
pub(super) struct Typed {
    name: &'static str,
    kind: Kind,
    inner: Value,
}

impl Typed {
    /// The typed form that this value is.
    pub(super) fn of(value: &Value) -> Option<Self> {
        if value.bytes().first() != Some(&b'{') {
            return None;
        }
        let (mut name, mut inner) = (None, None);
        let mut elements = Elements::new(value.span);
        while let Some(Element { key: Some(key), value: span }) = elements.next(&value.document) {
            match value.document.bytes(key) {
                b"\"__type__\"" => name = Some(span),
                b"\"__value__\"" => inner = Some(value.at(span)),
                _ => return None,
            }
        }
        let (name, inner) = (value.document.bytes(name?), inner?);
        if name.first() != Some(&b'"') {
            return None;
        }
        let known = text::wtf8(name);
        let (name, kind) = *NAMES.iter().find(|(name, _)| *name.as_bytes() == *known)?;
        let typed = Self { name, kind, inner };
        let fits = match kind {
            Kind::Bytes => typed.bytes().is_some(),
            Kind::Set => typed.inner.bytes().first() == Some(&b'['),
            Kind::Map => forms::is_map(&typed.inner),
            Kind::TimeDelta => typed.timedelta().is_some(),
            Kind::PythonObject => forms::is_object(&typed.inner),
            Kind::Exception => forms::is_exception(&typed.inner),
            _ => typed.text().is_some(),
        };
        fits.then_some(typed)
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn parts(self) -> (&'static str, Value) {
        (self.name, self.inner)
    }

    /// The value inside, as plain data.
    pub(super) fn inner(&self) -> &Value {
        &self.inner
    }

    /// The timedelta.
    pub(super) fn timedelta(&self) -> Option<TimeDelta> {
        if self.kind == Kind::TimeDelta { forms::timedelta(&self.inner) } else { None }
    }

    /// The canonical text of what is neither bytes nor a container.
    pub(super) fn text(&self) -> Option<Cow<'static, str>> {
        match self.kind {
            Kind::Uuid => return uuid(&self.inner.find("hex")?.plain_text()?).map(Cow::Owned),
            Kind::TimeDelta => return self.timedelta().map(|timedelta| Cow::Owned(timedelta.to_string())),
            _ => {}
        }
        let text = self.inner.plain_text()?;
        let fits = match self.kind {
            Kind::DateTime => iso::date_time(&text).is_some(),
            Kind::Date => iso::date(&text).is_some(),
            Kind::Time => iso::time(&text).is_some(),
            Kind::Decimal => is_decimal(&text),
            Kind::PythonName => !text.is_empty(),
            _ => false,
        };
        fits.then(|| Cow::Owned(text.into_owned()))
    }

    /// The bytes of a bytes form.
    pub(super) fn bytes(&self) -> Option<Cow<'static, [u8]>> {
        let text = self.inner.plain_text();
        match self.name {
            "bytes" => Some(Cow::Owned(text?.into_owned().into_bytes())),
            "base64" => base64::decode(text?.as_bytes()).map(Cow::Owned),
            _ => None,
        }
    }
}

impl Value {
    /// The text of a plain text value without lone surrogates.
    pub(super) fn plain_text(&self) -> Option<Cow<'_, str>> {
        if self.bytes().first() != Some(&b'"') {
            return None;
        }
        super::utf8(text::wtf8(self.bytes())).ok()
    }
}

/// The canonical 8-4-4-4-12 form of 32 hexadecimal digits.
fn uuid(hex: &str) -> Option<String> {
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit.to_ascii_lowercase());
    }
    Some(out)
}

/// What `decimal.Decimal` takes.
fn is_decimal(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text).to_ascii_lowercase();
    if matches!(number.as_str(), "inf" | "infinity") {
        return true;
    }
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(payload) = number.strip_prefix('s').unwrap_or(&number).strip_prefix("nan") {
        return all_digits(payload);
    }
    let (mantissa, exponent) = number.split_once('e').map_or((number.as_str(), None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    whole.len() + fraction.len() > 0 && all_digits(whole) && all_digits(fraction) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for text in ["1.10", "-0", "1E+3", ".5", "5.", "NaN", "-sNaN12", "Infinity", "+inf"] {
            assert!(is_decimal(text), "{text}");
        }
        for text in ["", ".", "1e", "--1", "1.2.3", "0x1", "nano", "1 "] {
            assert!(!is_decimal(text), "{text}");
        }
    }
}
