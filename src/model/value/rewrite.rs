//! Writing a value down again in another spelling of its scalars, with brackets and separators as
//! Python's `json.dumps` writes them.

use super::reader::{Lexeme, Reader, Token};
use super::syntax::Syntax;

/// How scalars are spelled.
pub(crate) trait Spelling {
    /// Writes a key or a scalar; `text` is its stored spelling.
    fn scalar(&mut self, token: Token, text: &[u8], out: &mut String);
}

/// Appends the value that starts at `start` of `text` to `out`; gives where it ends.
pub(crate) fn rewrite(
    text: &[u8],
    start: usize,
    depth: usize,
    spelling: &mut impl Spelling,
    out: &mut String,
) -> Result<usize, Syntax> {
    let mut reader = Reader::new(text, start, depth);
    // True where the next element needs no comma before it.
    let mut fresh = true;
    while let Some(Lexeme { token, start, end }) = reader.next()? {
        match token {
            Token::ArrayEnd => out.push(']'),
            Token::ObjectEnd => out.push('}'),
            _ if !fresh => out.push_str(", "),
            _ => {}
        }
        fresh = false;
        match token {
            Token::ArrayEnd | Token::ObjectEnd => {}
            Token::ArrayStart => {
                out.push('[');
                fresh = true;
            }
            Token::ObjectStart => {
                out.push('{');
                fresh = true;
            }
            Token::Key => {
                spelling.scalar(token, text.get(start..end).unwrap_or_default(), out);
                out.push_str(": ");
                fresh = true;
            }
            _ => spelling.scalar(token, text.get(start..end).unwrap_or_default(), out),
        }
    }
    Ok(reader.position())
}
