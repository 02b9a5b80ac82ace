//! What a signer writes (RFC 5849 §3.4.1, §3.5): base string, header and form, each in one buffer.

use protocol_core::{Error, UnixTime};

use super::{PROTOCOL, Signer};
use crate::base_string::{
    Parameter, SEPARATOR, Target, form_parameters, write_parameters, write_start,
};
use crate::encode::{Checked, Writer, is_unreserved_text};
use crate::signature::Key;
use crate::text::Text;

impl Signer {
    /// The protocol parameters that do not change from request to request, sorted by name.
    fn constants<'a>(&'a self, token: Option<&'a str>) -> [(&'static str, Option<&'a str>); 7] {
        [
            ("oauth_callback", self.callback.as_deref()),
            ("oauth_consumer_key", Some(&*self.identifier)),
            ("oauth_session_handle", self.session_handle.as_deref()),
            ("oauth_signature_method", Some(self.method.name())),
            ("oauth_token", token),
            ("oauth_verifier", self.verifier.as_deref()),
            ("oauth_version", self.version.then_some("1.0")),
        ]
    }

    /// Writes the header's value. The base string is built in its place first, so that one buffer
    /// serves both.
    pub(super) fn header<K: AsRef<str>, V: AsRef<str>>(
        &self,
        keyed: &Keyed<'_>,
        covered: &Covered<'_>,
        pairs: &[(K, V)],
        once: &Once<'_>,
        out: &mut Writer,
    ) -> Result<(), Error> {
        let prepared = keyed.prepared;
        let timestamp = Seconds::of(once.now);
        self.base_string(keyed, covered, pairs, once, &timestamp, out)?;
        let signature = keyed.key.sign(out.written())?;
        out.restart();
        out.push(prepared.header_until_token());
        if let Some(token) = keyed.token {
            out.push(b"oauth_token=\"");
            token.write_once(out);
            out.push(b"\", ");
        }
        out.push(prepared.header_until_timestamp());
        out.push(timestamp.digits());
        out.push(b"\", oauth_nonce=\"");
        once.nonce.write_once(out);
        if let Some(body_hash) = once.body_hash {
            out.push(b"\", oauth_body_hash=\"");
            out.once(body_hash.as_bytes());
        }
        out.push(b"\", oauth_signature=\"");
        signature.write_once(out);
        out.push(b"\"");
        Ok(())
    }

    /// `form` with the protocol parameters and the signature behind it.
    pub(super) fn appended(
        &self,
        covered: &Covered<'_>,
        once: &Once<'_>,
        form: &str,
    ) -> Result<String, Error> {
        let keyed = self.keyed();
        let timestamp = Seconds::of(once.now);
        let none: &[(&str, &str)] = &[];
        let mut out = Writer::new();
        self.base_string(&keyed, covered, none, once, &timestamp, &mut out)?;
        let signature = keyed.key.sign(out.written())?;
        out.restart();
        out.push(form.as_bytes());
        let mut push = |name: &str, value: &str| {
            if out.written().last().is_some_and(|last| *last != b'&') {
                out.push(b"&");
            }
            out.push(name.as_bytes());
            out.push(b"=");
            out.once(value.as_bytes());
        };
        let constants = self.constants(keyed.token.map(Checked::as_str));
        sent(&constants).for_each(|(name, value)| push(name, value));
        push("oauth_timestamp", &once.now.to_string());
        push("oauth_nonce", once.nonce.as_str());
        if let Some(body_hash) = once.body_hash {
            push("oauth_body_hash", body_hash);
        }
        push("oauth_signature", &signature.into_text());
        ascii(out.finish())
    }

    fn base_string<'a, K: AsRef<str>, V: AsRef<str>>(
        &self,
        keyed: &Keyed<'_>,
        covered: &Covered<'a>,
        pairs: &'a [(K, V)],
        once: &Once<'_>,
        timestamp: &Seconds,
        out: &mut Writer,
    ) -> Result<(), Error> {
        let prepared = keyed.prepared;
        // Few parameters, the usual case, need no heap.
        let mut few = [None; 24];
        let mut many = Vec::new();
        let mut count = 0;
        let mut size = 0;
        let mut add = |parameter: Parameter<'a>| {
            size += parameter.name.len() + parameter.value.len() + 2;
            match few.get_mut(count) {
                Some(place) => *place = Some(parameter),
                None => {
                    if many.is_empty() {
                        many.extend_from_slice(&few);
                    }
                    many.push(Some(parameter));
                }
            }
            count += 1;
        };
        for form in [covered.target.query.as_bytes(), covered.form] {
            if !form.is_empty() {
                form_parameters(form).for_each(&mut add);
            }
        }
        for (name, value) in pairs {
            add(Parameter::plain(name.as_ref(), value.as_ref()));
        }
        let parameters = if many.is_empty() { &mut few[..count] } else { &mut many[..] };
        parameters.sort_unstable();

        // Enough for most requests, so that a new buffer is allocated once.
        let token = keyed.token.map_or(0, |token| token.as_str().len());
        let uri = 2 * (covered.method.len() + covered.target.len());
        let changing = token + once.nonce.as_str().len() + uri + (4 * size).min(2 * size + 8192);
        out.reserve(prepared.text.len() + changing + 256);
        write_start(out, covered.method, &covered.target);

        // All protocol parameters begin so. Where no other parameter does, they are one block, made
        // ready but for what changes.
        let protocol = Text::plain(b"oauth_");
        let end = protocol.prefix();
        let is_before = |next: &Option<Parameter<'_>>| next.is_some_and(|next| next.prefix < end);
        let (before, after) = parameters.split_at(parameters.partition_point(is_before));
        if after.iter().flatten().next().is_some_and(|next| next.name.starts_with(b"oauth_")) {
            let mut all: Vec<_> = parameters.iter().flatten().copied().collect();
            let constants = self.constants(keyed.token.map(Checked::as_str));
            all.extend(sent(&constants).map(|(name, value)| Parameter::plain(name, value)));
            all.push(Parameter::plain("oauth_nonce", once.nonce.as_str()));
            let timestamp = Text::plain(timestamp.digits());
            all.push(Parameter::new(Text::plain(b"oauth_timestamp"), timestamp));
            all.extend(once.body_hash.map(|hash| Parameter::plain("oauth_body_hash", hash)));
            all.sort_unstable();
            refuse_protocol_parameters_twice(&all)?;
            write_parameters(out, &all);
        } else {
            write_parameters(out, before.iter().flatten());
            if let Some(body_hash) = once.body_hash {
                out.pair_twice(b"oauth_body_hash", body_hash.as_bytes());
            }
            out.push(prepared.until_nonce());
            once.nonce.write_twice(out);
            out.push(prepared.until_timestamp());
            out.push(timestamp.digits());
            if let Some(token) = keyed.token {
                out.push(b"%26oauth_token%3D");
                token.write_twice(out);
            }
            out.push(prepared.after_token());
            write_parameters(out, after.iter().flatten());
        }
        out.take_back(SEPARATOR);
        Ok(())
    }
}

/// What of a request the signature covers.
pub(super) struct Covered<'a> {
    pub(super) method: &'a str,
    pub(super) target: Target<'a>,
    pub(super) form: &'a [u8],
}

/// What belongs to one request alone.
pub(super) struct Once<'a> {
    pub(super) nonce: Checked<'a>,
    pub(super) now: UnixTime,
    pub(super) body_hash: Option<&'a str>,
}

/// On whose behalf a signature is made: what is ready for the client, the key, and the token.
pub(super) struct Keyed<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) key: &'a Key,
    pub(super) token: Option<Checked<'a>>,
}

/// What is the same for every request of a signer: the key, and texts that need no encoding anew.
pub(super) struct Prepared {
    pub(super) key: Key,
    /// The base string's protocol parameters without the values of nonce and timestamp and without
    /// the token, then the same of the header up to the value of the timestamp.
    text: Vec<u8>,
    cuts: [usize; 4],
    /// Of the signer's own token.
    token_unreserved: bool,
}

impl Prepared {
    pub(super) fn of(signer: &Signer) -> Self {
        let constants = signer.constants(None);
        let (start, rest) = constants.split_at(2);
        let (middle, end) = rest.split_at(2);
        let mut text = Writer::new();
        let twice = |text: &mut Writer, constants| {
            sent(constants).for_each(|(n, v)| text.pair_twice(n.as_bytes(), v.as_bytes()));
        };
        twice(&mut text, start);
        text.push(b"oauth_nonce%3D");
        let nonce = text.written().len();
        text.push(SEPARATOR);
        twice(&mut text, middle);
        text.push(b"oauth_timestamp%3D");
        let timestamp = text.written().len();
        text.push(SEPARATOR);
        twice(&mut text, end);
        let header = text.written().len();

        text.push(b"OAuth ");
        if let Some(realm) = &signer.realm {
            text.push(b"realm=\"");
            text.push(realm.as_bytes());
            text.push(b"\", ");
        }
        let once = |text: &mut Writer, constants| {
            for (name, value) in sent(constants) {
                text.push(name.as_bytes());
                text.push(b"=\"");
                text.once(value.as_bytes());
                text.push(b"\", ");
            }
        };
        once(&mut text, start);
        once(&mut text, middle);
        let token = text.written().len();
        once(&mut text, end);
        text.push(b"oauth_timestamp=\"");
        Prepared {
            key: signer.method.key(&signer.secrets, &signer.secrets.token_secret),
            text: text.finish(),
            cuts: [nonce, timestamp, header, token],
            token_unreserved: (signer.token.as_ref())
                .is_some_and(|token| is_unreserved_text(token.expose().as_bytes())),
        }
    }

    /// The signer's own token.
    pub(super) fn checked<'a>(&self, token: &'a str) -> Checked<'a> {
        Checked::known(token, self.token_unreserved)
    }

    fn until_nonce(&self) -> &[u8] {
        &self.text[..self.cuts[0]]
    }

    fn until_timestamp(&self) -> &[u8] {
        &self.text[self.cuts[0]..self.cuts[1]]
    }

    fn after_token(&self) -> &[u8] {
        &self.text[self.cuts[1]..self.cuts[2]]
    }

    fn header_until_token(&self) -> &[u8] {
        &self.text[self.cuts[2]..self.cuts[3]]
    }

    fn header_until_timestamp(&self) -> &[u8] {
        &self.text[self.cuts[3]..]
    }
}

/// Those that have a value.
fn sent<'a>(
    constants: &[(&'static str, Option<&'a str>)],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    constants.iter().filter_map(|(name, value)| Some((*name, (*value)?)))
}

/// The numbers below a hundred.
static TWO_DIGITS: [[u8; 2]; 100] = {
    let mut table = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        table[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    table
};

/// A time in decimal, without the heap.
struct Seconds {
    digits: [u8; 20],
    start: usize,
}

impl Seconds {
    fn of(time: UnixTime) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        let mut rest = time.seconds();
        while rest >= 10 {
            start -= 2;
            digits[start..start + 2].copy_from_slice(&TWO_DIGITS[(rest % 100) as usize]);
            rest /= 100;
        }
        if rest > 0 || start == digits.len() {
            start -= 1;
            digits[start] = b'0' + rest as u8;
        }
        Seconds { digits, start }
    }

    fn digits(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

/// Refuses a request that has one of our parameters already (RFC 5849 §3.1). The signature is not
/// among those in `sorted`: it covers them, and comes later.
fn refuse_protocol_parameters_twice(sorted: &[Parameter<'_>]) -> Result<(), Error> {
    let twice = sorted.windows(2).find_map(|pair| {
        let (name, next) = (pair[0].name, pair[1].name);
        let same = name.compare(next).is_eq();
        (same && PROTOCOL.iter().any(|protocol| name.is(protocol))).then_some(name)
    });
    let mut names = sorted.iter().map(|parameter| parameter.name);
    let signature = || names.find(|name| name.is(b"oauth_signature"));
    let Some(name) = twice.or_else(signature) else { return Ok(()) };
    let name = String::from_utf8_lossy(&name.decoded().collect::<Vec<_>>()).into_owned();
    let problem = format!("{name} is already there; each parameter is sent once");
    Err(Error::config("request", problem))
}

pub(super) fn ascii(bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| Error::config("signature method", "expected ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_decimal() {
        for power in 0..20 {
            let ten = 10_u64.pow(power);
            for number in [ten - 1, ten, ten + 1, ten.saturating_mul(7), u64::MAX - ten] {
                let seconds = Seconds::of(UnixTime::from_seconds(number));
                assert_eq!(seconds.digits(), number.to_string().as_bytes());
            }
        }
    }
}
