//! What the parser is let at: the words and signs of a text are counted as they are read, and too many
//! of them end the parsing. What some texts cost grows with the square of their length.

use std::{cell::RefCell, time::Instant};

use rhai::{Engine, LexError, Position, Token};

use crate::contract::{ErrorKind, SafetyLimits, ScriptLimits};

/// A text while it is parsed.
struct Tally {
    tokens: usize,
    /// Brackets that are open.
    open: usize,
    list: Option<List>,
    /// Whether the last token ends a value, so that `|` behind it is an operator.
    after_value: bool,
    after_fn: bool,
    limits: Bounds,
    began: Instant,
    verdict: Option<Verdict>,
}

/// The parameters of a function or closure, while they are read.
struct List {
    closure: bool,
    open: usize,
    commas: usize,
}

#[derive(Clone, Copy)]
struct Bounds {
    tokens: usize,
    nesting: usize,
    parameters: usize,
    safety: SafetyLimits,
}

/// Why a text was not parsed to its end.
pub(super) type Verdict = (ErrorKind, String, Position);

/// Tokens between two looks at the clock.
const PORTION: usize = 256;

thread_local! {
    static TALLY: RefCell<Option<Tally>> = const { RefCell::new(None) };
}

/// Makes an engine count what it reads.
#[expect(deprecated, reason = "it is how Rhai marks what may change; Rhai is pinned")]
pub(super) fn install(engine: &mut Engine) {
    engine.on_parse_token(|token, at, _| {
        TALLY.with_borrow_mut(|tally| match tally {
            Some(tally) => tally.read(token, at),
            None => token,
        })
    });
}

/// Counts what `parse` reads on this thread; says why it was ended, if it was.
pub(super) fn within<R>(limits: &ScriptLimits, parse: impl FnOnce() -> R) -> (R, Option<Verdict>) {
    let tally = Tally {
        tokens: 0,
        open: 0,
        list: None,
        after_value: false,
        after_fn: false,
        limits: Bounds {
            tokens: limits.tokens,
            nesting: limits.nesting,
            parameters: limits.parameters,
            safety: limits.safety,
        },
        began: Instant::now(),
        verdict: None,
    };
    TALLY.set(Some(tally));
    let result = parse();
    (result, TALLY.take().and_then(|tally| tally.verdict))
}

impl Tally {
    fn read(&mut self, token: Token, at: Position) -> Token {
        if self.verdict.is_none() {
            self.verdict = self.judge(&token).map(|(kind, message)| (kind, message, at));
        }
        if self.verdict.is_some() {
            // The one error that the parser takes wherever it stands: inside of a text with values in it
            // it panics at others. What it says is not what is told; the verdict is.
            return Token::LexError(LexError::UnterminatedString.into());
        }
        token
    }

    fn judge(&mut self, token: &Token) -> Option<(ErrorKind, String)> {
        let Bounds { tokens, nesting, parameters, safety } = self.limits;
        self.tokens += 1;
        if self.tokens > tokens {
            let message = format!(
                "the file has more than {tokens} words and signs, which is the limit; split it"
            );
            return Some((ErrorKind::Memory, message));
        }
        if self.tokens.is_multiple_of(PORTION)
            && safety.parse_deadline.is_some_and(|deadline| self.began.elapsed() > deadline)
        {
            let message = "the file takes too long to parse; split it".to_owned();
            return Some((ErrorKind::Time, message));
        }
        match token {
            Token::LeftParen
            | Token::LeftBracket
            | Token::LeftBrace
            | Token::MapStart
            | Token::QuestionBracket => {
                self.open += 1;
                if self.open > nesting {
                    let message =
                        format!("brackets are nested more than {nesting} deep, which is the limit");
                    return Some((ErrorKind::Memory, message));
                }
            }
            Token::RightParen | Token::RightBracket | Token::RightBrace => {
                self.open = self.open.saturating_sub(1);
            }
            _ => {}
        }
        if self.count_parameter(token) > parameters {
            let message = format!("a function takes at most {parameters} parameters");
            return Some((ErrorKind::Compile, message));
        }
        None
    }

    /// Follows lists of parameters; gives how many the one at hand has so far.
    fn count_parameter(&mut self, token: &Token) -> usize {
        let named = std::mem::take(&mut self.after_fn);
        match (&mut self.list, token) {
            (Some(list), Token::Comma) if list.open == self.open => list.commas += 1,
            (Some(List { closure: true, .. }), Token::Pipe) => self.list = None,
            (Some(list), Token::RightParen) if !list.closure && self.open < list.open => {
                self.list = None;
            }
            (None, Token::LeftParen) if named => {
                self.list = Some(List { closure: false, open: self.open, commas: 0 });
            }
            (None, Token::Pipe) if !self.after_value => {
                self.list = Some(List { closure: true, open: self.open, commas: 0 });
            }
            _ => {}
        }
        // `fn name(` and `fn Type.name(`.
        self.after_fn = match token {
            Token::Fn => true,
            Token::Identifier(_) | Token::StringConstant(_) | Token::Period => named,
            _ => false,
        };
        self.after_value = matches!(
            token,
            Token::Identifier(_)
                | Token::IntegerConstant(_)
                | Token::FloatConstant(_)
                | Token::StringConstant(_)
                | Token::CharConstant(_)
                | Token::InterpolatedString(_)
                | Token::True
                | Token::False
                | Token::Reserved(_)
                | Token::RightParen
                | Token::RightBracket
                | Token::RightBrace
        );
        self.list.as_ref().map_or(0, |list| list.commas + 1)
    }
}
