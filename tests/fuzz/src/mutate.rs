use crate::chance::Chance;

/// Longest case, in bytes.
const LONGEST: usize = 8 * 1024;

/// Seeds and words, and what can be made of them.
pub(crate) struct Mutator {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(seeds: Vec<Vec<u8>>, dictionary: &str) -> Self {
        let words = dictionary.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
        let unescape = |line: &str| line.replace("\\x00", "\0").replace("\\u{feff}", "\u{feff}");
        Self { seeds, words: words.map(|line| unescape(line).into_bytes()).collect() }
    }

    /// A seed that was changed in some places, as tokens or, one time in eight, as bytes.
    pub(crate) fn case(&self, chance: &mut Chance) -> Vec<u8> {
        let mut text = chance.of(&self.seeds).clone();
        let as_bytes = chance.one_in(8);
        for _ in 0..=chance.below(6) {
            if as_bytes {
                self.change_bytes(&mut text, chance)
            } else {
                self.change_tokens(&mut text, chance)
            }
            text.truncate(LONGEST);
        }
        text
    }

    fn change_tokens(&self, text: &mut Vec<u8>, chance: &mut Chance) {
        let cuts = tokens(text);
        let at = |chance: &mut Chance| cuts[chance.below(cuts.len())];
        let (a, b) = (at(chance), at(chance));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 60));
        match chance.below(7) {
            0 => drop(text.drain(from..to)),
            1 => {
                let part = text[from..to].to_vec();
                insert(text, a, &part);
            }
            2 => insert(text, a, chance.of::<Vec<u8>>(&self.words)),
            3 => drop(text.splice(from..to, chance.of(&self.words).iter().copied())),
            4 => {
                let other = chance.of(&self.seeds);
                let cuts = tokens(other);
                let start = cuts[chance.below(cuts.len())];
                let end = (start + 80).min(other.len());
                insert(text, a, &other[start..end]);
            }
            5 => insert(text, a, crate::values::edge(chance).as_bytes()),
            _ => {
                let part = text[from..to].to_vec();
                let many = 1 + chance.below(40);
                insert(text, a, &part.repeat(many));
            }
        }
    }

    fn change_bytes(&self, text: &mut Vec<u8>, chance: &mut Chance) {
        let at = chance.below(text.len() + 1);
        match chance.below(4) {
            0 => insert(text, at, &[chance.byte()]),
            1 if at < text.len() => text[at] ^= 1 << chance.below(8),
            2 => text.truncate(at),
            _ if at < text.len() => drop(text.remove(at)),
            _ => {}
        }
    }
}

fn insert(text: &mut Vec<u8>, at: usize, more: &[u8]) {
    let at = at.min(text.len());
    drop(text.splice(at..at, more.iter().copied()));
}

/// The places between words, numbers and signs; never empty.
fn tokens(text: &[u8]) -> Vec<usize> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut cuts = vec![0];
    for at in 1..text.len() {
        if !(is_word(text[at - 1]) && is_word(text[at])) {
            cuts.push(at);
        }
    }
    cuts.push(text.len());
    cuts
}
