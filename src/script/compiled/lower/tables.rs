use std::collections::BTreeMap;

use crate::script::compiled::{
    Val,
    heap::Key,
    op::{Op, Reg},
    program::{Member, Path, Program, Property, Root, Site, Step},
};

/// The tables of a program while it is made: what is the same stands there once.
#[derive(Default)]
pub(super) struct Tables {
    literals: Vec<Val>,
    texts: BTreeMap<String, u16>,
    numbers: BTreeMap<(bool, u64), u16>,
    keys: Vec<Key>,
    key_numbers: BTreeMap<Key, u16>,
    paths: Vec<Path>,
    sites: Vec<Site>,
    /// Whether a table has more entries than an instruction can name.
    pub(super) full: bool,
}

impl Tables {
    pub(super) fn literal(&mut self, value: Val) -> u16 {
        let next = self.number(self.literals.len());
        let known = match &value {
            Val::Text(text) => Some(match self.texts.get(text.as_str()) {
                Some(known) => *known,
                None => *self.texts.entry(text.to_string()).or_insert(next),
            }),
            Val::Int(i) => Some(*self.numbers.entry((true, *i as u64)).or_insert(next)),
            Val::Float(x) => Some(*self.numbers.entry((false, x.to_bits())).or_insert(next)),
            _ => None,
        };
        if let Some(known) = known
            && known != next
        {
            return known;
        }
        self.literals.push(value);
        next
    }

    pub(super) fn key(&mut self, name: &str) -> u16 {
        if let Some(number) = self.key_numbers.get(name) {
            return *number;
        }
        let number = self.number(self.keys.len());
        self.keys.push(name.into());
        self.key_numbers.insert(name.into(), number);
        number
    }

    /// The instruction that reads at the end of a path: for the most common ways there are some that need
    /// not walk it.
    pub(super) fn reading(&self, path: u16, to: Reg) -> Op {
        let Some(Path { root, steps, .. }) = self.paths.get(usize::from(path)) else {
            return Op::Get { to, path };
        };
        match (root, &**steps) {
            (Root::State(slot), [Step { what: Member::Index(index), .. }]) => {
                Op::Item { to, index: *index, slot: *slot, path }
            }
            (Root::Register(of), [Step { what: Member::Property(key), .. }]) => {
                let name = self.keys.get(usize::from(*key)).map_or("", |key| &**key);
                match ["x", "y", "z"].iter().position(|part| *part == name) {
                    Some(part) => Op::Part { to, of: *of, part: part as u8, path },
                    None => Op::Get { to, path },
                }
            }
            _ => Op::Get { to, path },
        }
    }

    pub(super) fn path(&mut self, path: Path) -> u16 {
        let number = self.number(self.paths.len());
        self.paths.push(path);
        number
    }

    pub(super) fn site(&mut self, site: Site) -> u16 {
        let number = self.number(self.sites.len());
        self.sites.push(site);
        number
    }

    fn number(&mut self, len: usize) -> u16 {
        u16::try_from(len).unwrap_or_else(|_| {
            self.full = true;
            u16::MAX
        })
    }

    pub(super) fn finish(self, program: &mut Program) {
        program.literals = self.literals;
        program.properties = self.keys.iter().map(|key| Property::new(key)).collect();
        program.keys = self.keys;
        program.paths = self.paths;
        program.sites = self.sites;
    }
}
