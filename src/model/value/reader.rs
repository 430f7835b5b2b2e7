//! The grammar: a pull reader that gives the tokens of one value in order, each checked and with
//! its place. Whoever checks, copies or rewrites a value goes through it, so there is one grammar
//! and no recursion.

use super::scan::{checked_number, checked_text, space};
use super::syntax::{Problem, Syntax};
use smallvec::SmallVec;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// The key of a member, with its quotes
    Key,
    /// Text, with its quotes
    Text,
    /// An integer
    Int,
    /// A number with a fraction or an exponent
    Float,
    /// `NaN`, `Infinity`, `-Infinity`
    NotFinite,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

const WORDS: [(&[u8], Token); 6] = [
    (b"null", Token::Null),
    (b"true", Token::True),
    (b"false", Token::False),
    (b"NaN", Token::NotFinite),
    (b"Infinity", Token::NotFinite),
    (b"-Infinity", Token::NotFinite),
];

#[derive(Clone, Copy)]
enum Expect {
    Value,
    FirstElement,
    FirstKey,
    /// What follows an element.
    ElementEnd,
    /// What follows a member.
    MemberEnd,
}

/// Reads the tokens of one value.
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    position: usize,
    limit: usize,
    expect: Expect,
    /// The innermost open container: true for an object.
    inside: Option<bool>,
    /// Those around it.
    outer: SmallVec<[bool; 16]>,
    done: bool,
}

impl<'a> Reader<'a> {
    /// A reader of the value that starts at or after `position`, nested at most `limit` deep.
    pub(crate) fn new(text: &'a [u8], position: usize, limit: usize) -> Self {
        Self {
            text,
            position,
            limit,
            expect: Expect::Value,
            inside: None,
            outer: SmallVec::new(),
            done: false,
        }
    }

    /// Where the value ends, once every token was given.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The next token; `None` after the value.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Lexeme>, Syntax> {
        if self.done {
            return Ok(None);
        }
        let byte = self.step();
        match (self.expect, byte) {
            (Expect::FirstElement | Expect::ElementEnd, Some(b']')) => Ok(Some(self.end(Token::ArrayEnd))),
            (Expect::FirstKey | Expect::MemberEnd, Some(b'}')) => Ok(Some(self.end(Token::ObjectEnd))),
            (Expect::Value | Expect::FirstElement, _) => self.value(byte).map(Some),
            (Expect::FirstKey, _) => self.key(byte).map(Some),
            (Expect::ElementEnd, Some(b',')) => {
                let byte = self.step_over();
                self.value(byte).map(Some)
            }
            (Expect::MemberEnd, Some(b',')) => {
                let byte = self.step_over();
                self.key(byte).map(Some)
            }
            (Expect::ElementEnd, _) => Err(Syntax::expected(self.position, "a comma or ]")),
            (Expect::MemberEnd, _) => Err(Syntax::expected(self.position, "a comma or }")),
        }
    }

    /// Goes to the next byte that is no white space.
    #[inline]
    fn step(&mut self) -> Option<u8> {
        self.position = space(self.text, self.position);
        self.text.get(self.position).copied()
    }

    /// The same, behind the byte here.
    fn step_over(&mut self) -> Option<u8> {
        self.position += 1;
        self.step()
    }

    #[inline]
    fn key(&mut self, byte: Option<u8>) -> Result<Lexeme, Syntax> {
        let start = self.position;
        if byte != Some(b'"') {
            return Err(Syntax::expected(start, "a key in double quotes"));
        }
        let end = checked_text(self.text, start)?;
        let colon = space(self.text, end);
        if self.text.get(colon) != Some(&b':') {
            return Err(Syntax::expected(colon, "a colon"));
        }
        self.position = colon + 1;
        self.expect = Expect::Value;
        Ok(Lexeme { token: Token::Key, start, end })
    }

    #[inline]
    fn value(&mut self, byte: Option<u8>) -> Result<Lexeme, Syntax> {
        let start = self.position;
        let token = match byte {
            Some(b'[') => return self.start(Token::ArrayStart),
            Some(b'{') => return self.start(Token::ObjectStart),
            Some(b'"') => {
                self.position = checked_text(self.text, start)?;
                Token::Text
            }
            Some(b'0'..=b'9') => self.number()?,
            Some(b'-') if self.text.get(start + 1) != Some(&b'I') => self.number()?,
            _ => {
                let rest = self.text.get(start..).unwrap_or_default();
                let (word, token) = WORDS
                    .iter()
                    .find(|(word, _)| word.first() == byte.as_ref() && rest.starts_with(word))
                    .ok_or_else(|| Syntax::expected(start, "a value"))?;
                self.position += word.len();
                *token
            }
        };
        self.after_value();
        Ok(Lexeme { token, start, end: self.position })
    }

    fn number(&mut self) -> Result<Token, Syntax> {
        let (end, integer) = checked_number(self.text, self.position)?;
        self.position = end;
        Ok(if integer { Token::Int } else { Token::Float })
    }

    fn start(&mut self, token: Token) -> Result<Lexeme, Syntax> {
        let start = self.position;
        if self.outer.len() + usize::from(self.inside.is_some()) >= self.limit {
            return Err(Syntax { position: start, problem: Problem::TooDeep(self.limit) });
        }
        let object = token == Token::ObjectStart;
        self.outer.extend(self.inside.replace(object));
        self.expect = if object { Expect::FirstKey } else { Expect::FirstElement };
        self.position += 1;
        Ok(Lexeme { token, start, end: self.position })
    }

    fn end(&mut self, token: Token) -> Lexeme {
        let start = self.position;
        self.position += 1;
        self.close();
        Lexeme { token, start, end: self.position }
    }

    fn close(&mut self) {
        self.inside = self.outer.pop();
        self.after_value();
    }

    #[inline]
    fn after_value(&mut self) {
        match self.inside {
            Some(true) => self.expect = Expect::MemberEnd,
            Some(false) => self.expect = Expect::ElementEnd,
            None => self.done = true,
        }
    }
}
