//! Pickle's stack machine: follows the opcodes as Python does, but nothing is looked up and nothing
//! runs. A class is its name, an object is the call that would have made it. Memory is linear in the
//! pickle and has its budget; what may be more (shared and recursive parts) is only ever referred to
//! here.

use super::cursor::{Cursor, Fault, Place};
use super::heap::{Heap, Shape, Slot};
use super::literal::{self, Literal, Spelling};
use super::memo::Memo;
use super::opcodes as op;
use crate::model::{Error, Result, Status};

/// Runs a pickle whose value is a record: a map.
pub(super) fn run<H: Heap>(pickle: &[u8], heap: &mut H) -> Result<H::Ref> {
    let subject = heap.budget().subject();
    let place = |position: usize, fault: &Fault| {
        Error::new(Status::Decode, format!("{subject}, a pickle, at byte {position}: {fault}"))
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
            Err(Fault::TooLarge) => return Err(machine.heap.budget().exceeded()),
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
        let place = self.cursor.place();
        let opcode = self.cursor.byte()?;
        if let Some(literal) = literal::read(&mut self.cursor, opcode)? {
            let value = self.heap.literal(place, literal)?;
            self.push(value)?;
            return Ok(None);
        }
        match opcode {
            op::MARK => self.heap.budget().push(&mut self.marks, self.stack.len())?,
            op::POP => self.drop_one()?,
            op::POP_MARK => {
                let mark = self.mark()?;
                self.stack.truncate(mark);
            }
            op::DUP => {
                let top = self.top()?;
                self.push(top)?;
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
            _ => self.container(place, opcode)?,
        }
        Ok(None)
    }

    fn finish(&mut self) -> Result<H::Ref, Fault> {
        let value = self.pop()?;
        if self.outermost == Some(value) { Ok(value) } else { Err("the outermost value is not a map".into()) }
    }

    fn container(&mut self, place: Place, opcode: u8) -> Result<(), Fault> {
        match opcode {
            op::EMPTY_TUPLE => self.group(Shape::Tuple, self.stack.len()),
            op::EMPTY_LIST => self.group(Shape::List, self.stack.len()),
            op::EMPTY_DICT => self.map(place, self.stack.len()),
            op::EMPTY_SET => self.group(Shape::Set, self.stack.len()),
            op::TUPLE1 => self.group_of(Shape::Tuple, 1),
            op::TUPLE2 => self.group_of(Shape::Tuple, 2),
            op::TUPLE3 => self.group_of(Shape::Tuple, 3),
            op::TUPLE => self.group_since_mark(Shape::Tuple),
            op::LIST => self.group_since_mark(Shape::List),
            op::DICT => {
                let mark = self.mark()?;
                self.map(place, mark)
            }
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
            return self.memo.add(top, self.heap.budget());
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
            self.push(value)
        } else {
            let top = self.top()?;
            self.memo.put(number, top, self.heap.budget())
        }
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
        self.push(made)
    }

    fn global(&mut self) -> Result<H::Ref, Fault> {
        let mut line = || -> Result<H::Ref, Fault> {
            let (place, line) = (self.cursor.place(), self.cursor.line()?);
            self.heap.literal(place, Literal::Text(line, Spelling::Utf8))
        };
        let (module, name) = (line()?, line()?);
        self.heap.name(module, name, self.protocol < 3)
    }

    /// Makes a group of everything from this height on.
    fn group(&mut self, shape: Shape, from: usize) -> Result<(), Fault> {
        let group = self.heap.group(shape, self.stack.get(from..).unwrap_or_default())?;
        self.stack.truncate(from);
        self.push(group)
    }

    /// Makes a map of everything from this height on.
    fn map(&mut self, place: Place, from: usize) -> Result<(), Fault> {
        let pairs = self.stack.get(from..).unwrap_or_default();
        if !pairs.len().is_multiple_of(2) {
            return Err("a key without a value".into());
        }
        let map = if from == 0 && self.marks.is_empty() {
            *self.outermost.insert(self.heap.outermost(place, pairs)?)
        } else {
            self.heap.group(Shape::Map, pairs)?
        };
        self.stack.truncate(from);
        self.push(map)
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

    fn push(&mut self, value: H::Ref) -> Result<(), Fault> {
        self.heap.budget().push(&mut self.stack, value)
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
