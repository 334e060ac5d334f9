//! Messages between machines, as somebody on the line might write them.

use bevy_cscript::{
    authority::{
        Claim, ClientId, Gate, Hello, Nonce, Objection, Order, Purse, Refusal, Role, Seal,
        SignedBy, ToClient, ToServer, Verdict, Welcome, Wish,
    },
    contract::{ScriptCommand, ScriptEvent, ScriptId, ScriptSource, Value},
    script::{JoinOffer, ScriptCompiler},
    trust::{Digest, KeyId, TrustPolicy, Verified},
};
use glam::Vec3;

use crate::chance::Chance;

/// Makes broken messages of whole ones.
pub(crate) struct Messages {
    whole: Vec<Vec<u8>>,
}

impl Messages {
    pub(crate) fn new() -> Self {
        let seal = Seal { nonce: Nonce([7; 16]), sequence: 3 };
        let id = ScriptId(4);
        let value = Value::map().with("a", vec![1_i64, 2]).with("b", 0.5).with("c", "text");
        let commands = vec![
            ScriptCommand::MoveTowards { id, target: Vec3::ONE, step: 0.5 },
            ScriptCommand::SetTag { id, tag: "tag".into() },
            ScriptCommand::Publish { topic: "news".into(), value: Box::new(value.clone()) },
            ScriptCommand::Host { function: "sell".into(), caller: id, args: vec![value.clone()] },
        ];
        let signed_by = KeyId::parse(&"ab".repeat(16)).map(|key| SignedBy {
            key,
            id: "mod".to_owned(),
            counter: 9,
        });
        let claim = Claim {
            seal,
            tick: 900,
            entity: id,
            slot: 1,
            script: Digest::of(b"script"),
            program: u64::MAX,
            signed_by,
            commands,
            state: 1,
            result: 2,
        };
        let event = ScriptEvent::custom("on_input", [value]);
        let outcome = Err(Objection::Commands);
        let verdict =
            Verdict { nonce: seal.nonce, sequence: 3, tick: 900, entity: id, slot: 1, outcome };
        let owners = vec![(id, Some(ClientId(1))), (ScriptId(5), None)];
        let order = Order { tick: 901, owners, events: vec![event.clone(), event.clone()] };
        let welcome = Welcome {
            answers: Nonce([9; 16]),
            client: ClientId(1),
            nonce: seal.nonce,
            world_seed: 5,
            ids: (1, 2),
            tick: 3,
            world: Some(vec![1, 2, 3]),
        };
        let compiler = ScriptCompiler::default();
        let mut offer = JoinOffer::new(compiler.fingerprint(15_625_000));
        let source = ScriptSource::new("a.rhai", "let x = 1;");
        let source = Verified::check(source, &TrustPolicy::default());
        if let Some(script) = source.ok().and_then(|source| compiler.compile(&source).ok()) {
            offer.add(&script);
        }
        let hello = Hello { nonce: seal.nonce, role: Role::Executor, offer };
        let up = [
            ToServer::Hello(Box::new(hello)),
            ToServer::Claim(Box::new(claim.clone())),
            ToServer::Wish(Wish { seal, tick: 900, event: event.to(id) }),
            ToServer::Finding { seal, client: ClientId(2), verdict: verdict.clone() },
        ];
        let down = [
            ToClient::Order { seal, order },
            ToClient::Verdict(verdict),
            ToClient::Welcome(Box::new(welcome)),
            ToClient::Refused { nonce: seal.nonce, refusal: Refusal::Full },
            ToClient::Examine { client: ClientId(3), claim: Box::new(claim) },
        ];
        let up = up.iter().filter_map(|message| message.to_bytes().ok());
        let whole = up.chain(down.iter().filter_map(|message| message.to_bytes().ok())).collect();
        Self { whole }
    }

    pub(crate) fn case(&self, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = chance.of(&self.whole).clone();
        if chance.one_in(16) {
            bytes.truncate(3);
            bytes.extend((0..chance.below(400)).map(|_| chance.byte()).collect::<Vec<_>>());
            return bytes;
        }
        for _ in 0..=chance.below(6) {
            // The mark at the head mostly stays, or nothing behind it is looked at.
            let at = 3 + chance.below(bytes.len().saturating_sub(3).max(1));
            let at = at.min(bytes.len());
            match chance.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
                1 if at < bytes.len() => bytes[at] = chance.byte(),
                // What begins lists, maps, texts and numbers of every size.
                2 if at < bytes.len() => bytes[at] = *chance.of(b"\x90\x9f\x80\x8f\xa0\xbf\xc0\xc1\xc4\xc6\xc7\xc9\xca\xcb\xcc\xcf\xd0\xd3\xd4\xd9\xdb\xdc\xdd\xde\xdf\xff"),
                3 => bytes.truncate(at),
                4 => bytes.insert(at, chance.byte()),
                5 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ => {
                    let from = chance.below(bytes.len());
                    let part = bytes[from..(from + chance.below(40)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        bytes
    }
}

/// Does with bytes what a machine does with them.
pub(crate) fn run(bytes: &[u8]) -> &'static str {
    let up = ToServer::from_bytes(bytes);
    let down = ToClient::from_bytes(bytes);
    // What somebody offers who wants to join is held against what there is.
    if let Ok(ToServer::Hello(hello)) = &up {
        let ours = JoinOffer::new(ScriptCompiler::default().fingerprint(15_625_000));
        let told =
            ours.differences(&hello.offer).iter().map(ToString::to_string).max_by_key(String::len);
        assert!(told.is_none_or(|told| told.len() < 4_000), "a difference is told at length");
        let _ = hello.offer.digest();
    }
    // What can be read can be written, and is the same then, but for NaNs.
    if let Ok(message) = &up {
        let again = message.to_bytes().map(|bytes| ToServer::from_bytes(&bytes));
        assert!(matches!(again, Ok(Ok(_))), "a message that was read cannot be written");
    }
    let claim = match (&up, &down) {
        (Ok(ToServer::Claim(claim)), _) | (_, Ok(ToClient::Examine { claim, .. })) => claim,
        (Ok(_), _) | (_, Ok(_)) => return "another message",
        _ => return "no message",
    };
    let mut gate = Gate::new(Nonce([7; 16]));
    let _ = (claim.is_whole(), claim.commands_hash(), Purse::cost_of_claim(claim));
    if gate.pass(claim.seal, claim.tick, 901).is_ok() { "a claim" } else { "a claim kept out" }
}
