//! On the reference backend a function sees, beside those of its own file, the functions and constants
//! of whoever called it. So the files of a script must not mean different things by one name.

use std::collections::{BTreeMap, BTreeSet};

use super::Survey;
use crate::contract::{ErrorKind, Position};

/// What names mean in the files of a script that were looked at so far.
#[derive(Debug, Default)]
pub(crate) struct OneSpace {
    /// Functions and constants, and the file of each.
    declared: BTreeMap<String, String>,
    /// Names of functions that a file calls and does not declare, and that file.
    called: BTreeMap<String, String>,
    /// The library behind each alias, and a file that calls it so.
    aliases: BTreeMap<String, (String, String)>,
}

impl Survey<'_> {
    pub(super) fn check_space(&mut self, space: &mut OneSpace) {
        let mut found: Vec<(Option<Position>, String)> = Vec::new();
        let functions = self.functions.iter().filter(|f| !f.is_closure());
        let functions = functions.map(|f| (f.name, f.position));
        let constants = self.body.declared.iter().filter(|declared| declared.constant);
        let constants = constants.map(|declared| (declared.name, declared.position));
        let own: BTreeMap<&str, Option<Position>> = functions.chain(constants).collect();
        const REMEDY: &str = "choose another name for one of them on this backend";
        for (name, at) in &own {
            if let Some(other) = space.declared.get(*name) {
                found.push((*at, format!("`{other}` has a `{name}`, too; {REMEDY}")));
            } else if let Some(other) = space.called.get(*name) {
                let message = format!(
                    "`{other}` would call this `{name}` in place of the standard one; choose another name on this backend"
                );
                found.push((*at, message));
            }
        }
        let mut called: BTreeSet<&str> = BTreeSet::new();
        for uses in self.all_uses() {
            let calls = uses.calls.iter().map(|call| (call.name, call.position));
            let pointers = uses.pointers.iter().copied();
            for (name, at) in calls.chain(pointers).filter(|(name, _)| !own.contains_key(name)) {
                called.insert(name);
                if let Some(other) = space.declared.get(name) {
                    let message = format!(
                        "`{name}` would call that of `{other}` here; choose another name there on this backend"
                    );
                    found.push((at, message));
                }
            }
        }
        let path = self.path;
        space.called.extend(called.into_iter().map(|name| (name.to_owned(), path.to_owned())));
        space.declared.extend(own.into_keys().map(|name| (name.to_owned(), path.to_owned())));
        for import in self.file.imports {
            let library = &import.exports.path;
            match space.aliases.get(import.alias) {
                Some((known, other)) if known != library => {
                    let message = format!(
                        "`{}` is `{known}` in `{other}`; choose another name on this backend",
                        import.alias
                    );
                    found.push((import.position, message));
                }
                Some(_) => {}
                None => {
                    let known = (library.clone(), path.to_owned());
                    space.aliases.insert(import.alias.to_owned(), known);
                }
            }
        }
        for (at, message) in found {
            self.error(ErrorKind::Compile, at, message);
        }
    }
}
