//! Writing to a serial line by hand: from what somebody typed to bytes, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::device::Refusal;
use crate::hub::{Hub, Now};
use crate::talk::printable;
use crate::web::bytes::{BadHex, from_hex};
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// How long the form waits; a little longer than the line may be in use.
const WAIT: Duration = Duration::from_millis(3500);

/// The choices of the form, in the order of their texts: what is put behind a text, or hexadecimal digits.
pub const ENDS: [&str; 5] = ["lf", "crlf", "cr", "none", "hex"];

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Form {
    /// The link.
    #[serde(default)]
    pub link: String,
    /// What was typed.
    #[serde(default)]
    pub bytes: String,
    /// One of [`ENDS`].
    #[serde(default)]
    pub end: String,
    /// How rows are shown, `text` or `hex`.
    #[serde(default, rename = "as")]
    pub shown: String,
}

/// What became of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// `confirmed`, `refused` or `pending`: the name of its mark.
    pub step: &'static str,
    /// The same in words.
    pub words: String,
}

impl Done {
    /// It is on the line.
    pub fn written(text: &Text) -> Self {
        Self { step: "confirmed", words: text.console.written.to_owned() }
    }

    fn refused(text: &Text, reason: &str) -> Self {
        Self { step: "refused", words: fill(text.console.refused, &[("reason", reason)]) }
    }

    fn of(text: &Text, refusal: &Refusal) -> Self {
        let reason = visible(&refusal.reason);
        let about = text.console.refusals.of(refusal.code);
        Self::refused(text, &about.map_or_else(|| reason.clone(), |about| format!("{about} ({reason})")))
    }
}

impl Form {
    /// What is to be written; `Err` says in words what is wrong.
    fn to_bytes(&self, text: &Text) -> Result<Vec<u8>, String> {
        let c = &text.console;
        let end = match self.end.as_str() {
            "lf" => "\n",
            "crlf" => "\r\n",
            "cr" => "\r",
            "none" => "",
            "hex" => {
                return from_hex(&self.bytes).map_err(|BadHex { place, found }| {
                    let place = place.to_string();
                    match found {
                        Some(c_found) => {
                            fill(c.bad_hex, &[("n", &place), ("c", &visible(&c_found.to_string()))])
                        }
                        None => fill(c.half_byte, &[("n", &place)]),
                    }
                });
            }
            _ => return Err(c.not_a_form.to_owned()),
        };
        Ok([self.bytes.as_bytes(), end.as_bytes()].concat())
    }
}

/// Writes what the form says, and waits until the port has taken it.
pub async fn write(hub: &Hub, account: Arc<str>, text: &Text, form: &Form) -> Done {
    let bytes = match form.to_bytes(text) {
        Ok(bytes) => bytes,
        Err(reason) => return Done::refused(text, &reason),
    };
    let outcome = match hub.write_by_hand(Now::now(), &form.link, account.clone(), &bytes) {
        Ok(written) => match tokio::time::timeout(WAIT, written).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Refusal::new("offline", "the port was closed before it was written")),
            Err(_) => return Done { step: "pending", words: text.console.unanswered.to_owned() },
        },
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(()) => Done::written(text),
        Err(refusal) => {
            let (link, reason) = (printable(&form.link), printable(&refusal.reason));
            tracing::info!(account = &*account, "writing to the line {link} by hand was refused: {reason}");
            Done::of(text, &refusal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{HubConfig, LinkInfo};
    use crate::web::text::EN;

    fn form(bytes: &str, end: &str) -> Form {
        Form { link: "usb".into(), bytes: bytes.into(), end: end.into(), shown: String::new() }
    }

    #[test]
    fn what_is_typed_becomes_bytes_or_says_what_is_wrong() {
        let check = |bytes: &str, end: &str, expect: Result<&[u8], &str>| {
            let found = form(bytes, end).to_bytes(&EN);
            assert_eq!(found.as_deref().map_err(String::as_str), expect, "{bytes:?} {end}");
        };
        check("AT", "lf", Ok(b"AT\n"));
        check("AT", "crlf", Ok(b"AT\r\n"));
        check("AT", "cr", Ok(b"AT\r"));
        check("č\\n", "none", Ok("č\\n".as_bytes()));
        check("", "lf", Ok(b"\n"));
        check("01 a0", "hex", Ok(&[0x01, 0xa0]));
        check("01 xa", "hex", Err("character 4 is no hexadecimal digit: x"));
        check("01 \u{202e}", "hex", Err("character 4 is no hexadecimal digit: \\u{202e}"));
        check("01 a", "hex", Err("the byte at character 4 has one digit; write two, such as 0a"));
        check("AT", "", Err("the form has no such choice"));
    }

    #[tokio::test]
    async fn answer_tells_what_the_port_took_and_why_it_did_not() {
        let now = Now::now();
        let hub = Hub::new(HubConfig::default(), now);
        let (link, _) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "serial", base: None });
        let mut inside = link.console().opened(now);
        let ask = |bytes: &'static str| {
            let hub = hub.clone();
            tokio::spawn(async move { write(&hub, "anna".into(), &EN, &form(bytes, "none")).await })
        };
        let done = ask("x");
        inside.recv().await.expect("it comes").done();
        assert_eq!(done.await.expect("no panic"), Done::written(&EN));
        let done = ask("y");
        inside.recv().await.expect("it comes").refuse(Refusal::new("blocked", "it takes no data"));
        assert_eq!(done.await.expect("no panic").words, "Refused: it takes no data");
        let done = ask("z");
        drop(inside.recv().await);
        assert_eq!(done.await.expect("no panic").words, "Refused: the port was closed before it was written");
        let done = ask("").await.expect("no panic");
        assert_eq!((done.step, done.words.as_str()), ("refused", "Refused: there is nothing to write"));
    }
}
