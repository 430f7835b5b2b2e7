//! Pickle's stack machine: follows the opcodes as Python does, but nothing is looked up and nothing
//! runs. A class is its name, an object is the call that would have made it. Memory is linear in the
//! pickle; what may not be (shared and recursive parts) is only ever referred to here.

use super::cursor::{Cursor, Fault, Span};
use super::heap::{Heap, Shape, Slot};
use super::literal::{self, Literal, Spelling};
use super::memo::Memo;
use super::opcodes as op;
use crate::model::{Error, Result, Status};

/// Runs a pickle whose value is a record: a map.
pub(super) fn run<H: Heap>(pickle: &[u8], heap: &mut H) -> Result<H::Ref> {
    let place = |position: usize, fault: &Fault| {
        Error::new(Status::Decode, format!("the record, a pickle, at byte {position}: {fault}"))
    };
    let cursor = Cursor::new(pickle).map_err(|fault| place(0, &fault))?;
    let mut machine = Machine {
        cursor,
        heap,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Memo::new(),
        outermost: None,
        protocol: 0,
    };
    loop {
        let position = machine.cursor.position();
        match machine.step() {
            Ok(None) => {}
            Ok(Some(value)) => return Ok(value),
            Err(fault) => return Err(place(position, &fault)),
        }
    }
}

struct Machine<'a, 'h, H: Heap> {
    cursor: Cursor<'a>,
    heap: &'h mut H,
    stack: Vec<H::Ref>,
    /// Heights of the stack; an opcode never takes what lies below the last one.
    marks: Vec<usize>,
    memo: Memo<H::Ref>,
    /// The last map that was all there was on the stack.
    outermost: Option<H::Ref>,
    protocol: u8,
}

impl<H: Heap> Machine<'_, '_, H> {
    /// One opcode; gives the value at the end.
    fn step(&mut self) -> Result<Option<H::Ref>, Fault> {
        let opcode = self.cursor.byte()?;
        if let Some(literal) = self.literal(opcode)? {
            let value = self.heap.literal(literal)?;
            self.stack.push(value);
            return Ok(None);
        }
        match opcode {
            op::MARK => self.marks.push(self.stack.len()),
            op::POP => self.drop_one()?,
            op::POP_MARK => {
                let mark = self.mark()?;
                self.stack.truncate(mark);
            }
            op::DUP => {
                let top = self.top()?;
                self.stack.push(top);
            }
            op::PROTO => {
                self.protocol = self.cursor.byte()?;
                if self.protocol > 5 {
                    return Err(format!("protocol {}; 0 to 5 are known", self.protocol).into());
                }
            }
            op::FRAME => {
                let length = u64::from_le_bytes(self.cursor.fixed()?);
                self.cursor.check(length)?;
            }
            op::STOP => return self.finish().map(Some),
            op::GET..=op::BINGET | op::LONG_BINGET | op::PUT..=op::LONG_BINPUT | op::MEMOIZE => {
                self.remember(opcode)?;
            }
            op::GLOBAL
            | op::STACK_GLOBAL
            | op::INST
            | op::OBJ
            | op::REDUCE
            | op::NEWOBJ
            | op::NEWOBJ_EX
            | op::BUILD => self.object(opcode)?,
            _ => self.container(opcode)?,
        }
        Ok(None)
    }

    fn finish(&mut self) -> Result<H::Ref, Fault> {
        let value = self.pop()?;
        if self.outermost == Some(value) { Ok(value) } else { Err("the outermost value is not a map".into()) }
    }

    fn literal(&mut self, opcode: u8) -> Result<Option<Literal>, Fault> {
        let cursor = &mut self.cursor;
        let text = |span: Span, spelling: Spelling| Literal::Text(span, spelling);
        Ok(Some(match opcode {
            op::NONE => Literal::None,
            op::NEWTRUE => Literal::Bool(true),
            op::NEWFALSE => Literal::Bool(false),
            op::INT => {
                let line = cursor.line()?;
                literal::int(cursor.bytes(line), line)?
            }
            op::LONG => {
                let line = cursor.line()?;
                let ends = u32::from(cursor.bytes(line).last() == Some(&b'L'));
                let line = line.shortened(ends);
                literal::digits(cursor.bytes(line), line)?
            }
            op::BININT => Literal::Int(i64::from(i32::from_le_bytes(cursor.fixed()?))),
            op::BININT1 => Literal::Int(i64::from(cursor.byte()?)),
            op::BININT2 => Literal::Int(i64::from(u16::from_le_bytes(cursor.fixed()?))),
            op::LONG1 | op::LONG4 => {
                let span = if opcode == op::LONG1 { cursor.part1()? } else { cursor.part4()? };
                literal::long(cursor.bytes(span), span)
            }
            op::FLOAT => {
                let line = cursor.line()?;
                literal::float(cursor.bytes(line))?
            }
            op::BINFLOAT => Literal::Float(f64::from_be_bytes(cursor.fixed()?)),
            op::STRING => {
                let line = cursor.line()?;
                match cursor.bytes(line) {
                    [b'\'', .., b'\''] | [b'"', .., b'"'] => text(line.inner(), Spelling::Quoted),
                    _ => return Err("a text in quotes expected".into()),
                }
            }
            op::BINSTRING => text(cursor.part4()?, Spelling::Python2),
            op::SHORT_BINSTRING => text(cursor.part1()?, Spelling::Python2),
            op::UNICODE => text(cursor.line()?, Spelling::RawEscape),
            op::SHORT_BINUNICODE => text(cursor.part1()?, Spelling::Utf8),
            op::BINUNICODE => text(cursor.part4()?, Spelling::Utf8),
            op::BINUNICODE8 => text(cursor.part8()?, Spelling::Utf8),
            op::SHORT_BINBYTES => Literal::Bytes(cursor.part1()?),
            op::BINBYTES => Literal::Bytes(cursor.part4()?),
            op::BINBYTES8 | op::BYTEARRAY8 => Literal::Bytes(cursor.part8()?),
            _ => return Ok(None),
        }))
    }

    fn container(&mut self, opcode: u8) -> Result<(), Fault> {
        match opcode {
            op::EMPTY_TUPLE => self.group(Shape::Tuple, self.stack.len()),
            op::EMPTY_LIST => self.group(Shape::List, self.stack.len()),
            op::EMPTY_DICT => self.group(Shape::Map, self.stack.len()),
            op::EMPTY_SET => self.group(Shape::Set, self.stack.len()),
            op::TUPLE1 => self.group_of(Shape::Tuple, 1),
            op::TUPLE2 => self.group_of(Shape::Tuple, 2),
            op::TUPLE3 => self.group_of(Shape::Tuple, 3),
            op::TUPLE => self.group_since_mark(Shape::Tuple),
            op::LIST => self.group_since_mark(Shape::List),
            op::DICT => self.group_since_mark(Shape::Map),
            op::FROZENSET => self.group_since_mark(Shape::FrozenSet),
            op::APPEND => self.extend_by(Slot::Items, 1),
            op::SETITEM => self.extend_by(Slot::Entries, 2),
            op::APPENDS => self.extend_since_mark(Slot::Items),
            op::SETITEMS => self.extend_since_mark(Slot::Entries),
            op::ADDITEMS => self.extend_since_mark(Slot::Members),
            _ => Err(self.refused(opcode)),
        }
    }

    /// Why an opcode is not followed.
    fn refused(&mut self, opcode: u8) -> Fault {
        match opcode {
            op::PERSID | op::BINPERSID => {
                "a persistent id, which only the program that wrote it can resolve".into()
            }
            op::NEXT_BUFFER | op::READONLY_BUFFER => "a buffer that is kept outside of the record".into(),
            op::EXT1 | op::EXT2 | op::EXT4 => {
                let code = match opcode {
                    op::EXT1 => self.cursor.byte().map(u32::from),
                    op::EXT2 => self.cursor.fixed().map(u16::from_le_bytes).map(u32::from),
                    _ => self.cursor.fixed().map(u32::from_le_bytes),
                };
                code.map_or_else(
                    |fault| fault,
                    |code| format!("extension code {code}, which only copyreg of its writer knows").into(),
                )
            }
            _ => format!("0x{opcode:02x} is no opcode of pickle").into(),
        }
    }

    fn remember(&mut self, opcode: u8) -> Result<(), Fault> {
        if opcode == op::MEMOIZE {
            let top = self.top()?;
            self.memo.add(top);
            return Ok(());
        }
        let number = match opcode {
            op::BINGET | op::BINPUT => u64::from(self.cursor.byte()?),
            op::LONG_BINGET | op::LONG_BINPUT => u64::from(u32::from_le_bytes(self.cursor.fixed()?)),
            _ => {
                let line = self.cursor.line()?;
                let line = self.cursor.bytes(line);
                let number = std::str::from_utf8(line).ok().and_then(|text| text.parse().ok());
                number.ok_or_else(|| format!("a number expected, not \"{}\"", literal::shown(line)))?
            }
        };
        if matches!(opcode, op::GET | op::BINGET | op::LONG_BINGET) {
            let value = self.memo.get(number).ok_or_else(|| format!("nothing is kept as number {number}"))?;
            self.stack.push(value);
        } else {
            let top = self.top()?;
            self.memo.put(number, top);
        }
        Ok(())
    }

    fn object(&mut self, opcode: u8) -> Result<(), Fault> {
        let made = match opcode {
            op::GLOBAL => self.global()?,
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                self.heap.name(module, name, self.protocol < 3)?
            }
            op::INST => {
                let class = self.global()?;
                self.group_since_mark(Shape::Tuple)?;
                let args = self.pop()?;
                self.heap.call(class, args, None)?
            }
            op::OBJ => {
                let mark = self.mark()?;
                let class = *self.stack.get(mark).ok_or("an object without its class")?;
                self.group(Shape::Tuple, mark + 1)?;
                let args = self.pop()?;
                self.pop()?;
                self.heap.call(class, args, None)?
            }
            op::NEWOBJ_EX => {
                let (kwargs, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.heap.call(class, args, Some(kwargs))?
            }
            op::BUILD => {
                let (state, target) = (self.pop()?, self.top()?);
                return self.heap.build(target, state);
            }
            _ => {
                let (args, callee) = (self.pop()?, self.pop()?);
                self.heap.call(callee, args, None)?
            }
        };
        self.stack.push(made);
        Ok(())
    }

    fn global(&mut self) -> Result<H::Ref, Fault> {
        let (module, name) = (self.cursor.line()?, self.cursor.line()?);
        let module = self.heap.literal(Literal::Text(module, Spelling::Utf8))?;
        let name = self.heap.literal(Literal::Text(name, Spelling::Utf8))?;
        self.heap.name(module, name, self.protocol < 3)
    }

    /// Makes a group of everything from this height on.
    fn group(&mut self, shape: Shape, from: usize) -> Result<(), Fault> {
        let items = self.stack.get(from..).unwrap_or_default();
        if shape == Shape::Map && !items.len().is_multiple_of(2) {
            return Err("a key without a value".into());
        }
        let group = if shape == Shape::Map && from == 0 && self.marks.is_empty() {
            *self.outermost.insert(self.heap.outermost(items)?)
        } else {
            self.heap.group(shape, items)?
        };
        self.stack.truncate(from);
        self.stack.push(group);
        Ok(())
    }

    fn group_of(&mut self, shape: Shape, count: usize) -> Result<(), Fault> {
        let from = self.below(count)?;
        self.group(shape, from)
    }

    fn group_since_mark(&mut self, shape: Shape) -> Result<(), Fault> {
        let mark = self.mark()?;
        self.group(shape, mark)
    }

    fn extend_by(&mut self, slot: Slot, count: usize) -> Result<(), Fault> {
        let from = self.below(count)?;
        self.extend(slot, from)
    }

    fn extend_since_mark(&mut self, slot: Slot) -> Result<(), Fault> {
        let mark = self.mark()?;
        self.extend(slot, mark)
    }

    /// Puts everything from this height on into what lies below it.
    fn extend(&mut self, slot: Slot, from: usize) -> Result<(), Fault> {
        let (below, items) = self.stack.split_at_checked(from).unwrap_or_default();
        if slot == Slot::Entries && !items.len().is_multiple_of(2) {
            return Err("a key without a value".into());
        }
        let target = below.get(self.floor()..).and_then(<[H::Ref]>::last);
        let target = *target.ok_or("elements of nothing")?;
        self.heap.extend(target, slot, items)?;
        self.stack.truncate(from);
        Ok(())
    }

    fn drop_one(&mut self) -> Result<(), Fault> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    /// The height below which nothing may be taken.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    /// The height this many values below the top.
    fn below(&self, count: usize) -> Result<usize, Fault> {
        let height = self.stack.len().checked_sub(count).filter(|height| *height >= self.floor());
        height.ok_or_else(|| "a value that is not there is used".into())
    }

    fn top(&self) -> Result<H::Ref, Fault> {
        let from = self.below(1)?;
        self.stack.get(from).copied().ok_or_else(|| "a value that is not there is used".into())
    }

    fn pop(&mut self) -> Result<H::Ref, Fault> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn mark(&mut self) -> Result<usize, Fault> {
        self.marks.pop().ok_or_else(|| "a mark that is not there is used".into())
    }
}
